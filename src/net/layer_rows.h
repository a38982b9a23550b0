/* layer_rows.h - the layers of layer_list.h, declared. */
#ifndef RWI_NET_LAYER_ROWS_H
#define RWI_NET_LAYER_ROWS_H

#include "net/layer.h"

#define ROW(name) extern const rwi_layer name;
#include "net/layer_list.h"
#undef ROW

#endif
