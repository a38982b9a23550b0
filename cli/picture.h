/* picture.h - an image as characters. */
#ifndef CLI_PICTURE_H
#define CLI_PICTURE_H

#include <rewire/rewire.h>

/* Draws one image on stdout, two characters a pixel; nothing for an index out of range. */
void cli_picture(const rw_dataset *set, int64_t index);

#endif
