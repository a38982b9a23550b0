/* support_data.h - small data sets on disk, made to measure. */
#ifndef SUPPORT_DATA_H
#define SUPPORT_DATA_H

#include "data/dataset.h"
#include "support.h"

/* A file of exactly these bytes; put_gzip: compressed. */
void put_file(const char *folder, const char *name, const void *bytes, size_t count);
void put_gzip(const char *folder, const char *name, const void *bytes, size_t count);
/* The bytes of a file into to; how many. */
size_t get_file(const char *folder, const char *name, void *to, size_t room);
/* Cuts a file to count bytes. */
void cut_file(const char *folder, const char *name, size_t count);
void remove_file(const char *folder, const char *name);

/* What stands in the files below: pixel p (in memory order) and label of image i. */
uint8_t made_pixel(int64_t i, int64_t p);
/* An IDX image file or label file; how many bytes. Labels are i % classes. */
size_t make_images(uint8_t *to, uint32_t magic, uint32_t count, uint32_t h, uint32_t w);
size_t make_labels(uint8_t *to, uint32_t magic, uint32_t count, uint8_t classes);
/* All four IDX files, plain: train and test images of 3 x 4 pixels, ten classes. */
void put_idx(const char *folder, uint32_t train, uint32_t test);
/* A CIFAR file of count records; label_bytes 2: coarse labels i % 20, fine i % 100; else i
 * % 10. */
void put_cifar(const char *folder, const char *name, int label_bytes, int count);

/* A set in memory with these bytes: count images of h x w x c, made_pixel, labels i % 10. */
rw_dataset *make_set(int64_t count, int h, int w, int c);

#endif
