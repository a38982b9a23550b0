/* kernel_list.h - every kernel there is, the preferred one of its kind first. */
#if defined(__x86_64__) && defined(__GNUC__)
ROW(rwi_kernel_x86_conv2d)
ROW(rwi_kernel_x86_few)
ROW(rwi_kernel_x86_winograd)
ROW(rwi_kernel_x86_dense)
ROW(rwi_kernel_x86_batchnorm)
ROW(rwi_kernel_x86_dropout)
ROW(rwi_kernel_x86_maxpool)
#endif
#ifdef RWI_HAVE_ONEDNN
ROW(rwi_kernel_onednn_conv2d)
ROW(rwi_kernel_onednn_dense)
ROW(rwi_kernel_onednn_maxpool)
ROW(rwi_kernel_onednn_avgpool)
#endif
ROW(rwi_kernel_ref_conv2d)
ROW(rwi_kernel_ref_dense)
ROW(rwi_kernel_ref_relu)
ROW(rwi_kernel_ref_maxpool)
ROW(rwi_kernel_ref_avgpool)
ROW(rwi_kernel_ref_batchnorm)
ROW(rwi_kernel_ref_dropout)
ROW(rwi_kernel_ref_add)
