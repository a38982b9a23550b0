/* One row for each normalisation. */
ROW(rwi_normaliser_raw)
ROW(rwi_normaliser_scale)
ROW(rwi_normaliser_mean)
ROW(rwi_normaliser_standardise)
ROW(rwi_normaliser_pixelwise)
