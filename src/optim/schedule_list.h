/* schedule_list.h - the learning rate over time; one row each. */
ROW(rwi_schedule_constant)
ROW(rwi_schedule_exponential)
ROW(rwi_schedule_step)
ROW(rwi_schedule_list)
ROW(rwi_schedule_cosine)
ROW(rwi_schedule_restarts)
