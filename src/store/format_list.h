/* format_list.h - the file formats of other programs, one row each. */
ROW(rwi_format_keras_h5)
ROW(rwi_format_npz)
ROW(rwi_format_safetensors)
