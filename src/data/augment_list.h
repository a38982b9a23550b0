/* One row for each augmentation, in the order in which they are composed: Keras' order. */
ROW(rwi_augment_rotate)
ROW(rwi_augment_shift)
ROW(rwi_augment_zoom)
ROW(rwi_augment_hflip)
ROW(rwi_augment_pad_crop)
