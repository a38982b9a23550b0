/* command_list.h - the commands, in the order of the help. */
ROW(cli_train)
ROW(cli_resume)
ROW(cli_eval)
ROW(cli_verify)
ROW(cli_inspect)
ROW(cli_list)
ROW(cli_data_fetch)
ROW(cli_data_info)
