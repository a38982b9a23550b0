/* One row for each format of data sets; probing goes from top to bottom. */
ROW(rwi_format_idx)
ROW(rwi_format_cifar)
ROW(rwi_format_glyphs)
