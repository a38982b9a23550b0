/* optimizer_list.h - what may move the latents; one row each. */
ROW(rwi_optimizer_sgd)
ROW(rwi_optimizer_momentum)
ROW(rwi_optimizer_nesterov)
ROW(rwi_optimizer_adam)
ROW(rwi_optimizer_lookahead)
