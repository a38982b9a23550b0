/* method_list.h - the training methods; one row and one file each. */
ROW(rwi_method_permute)
ROW(rwi_method_dense)
