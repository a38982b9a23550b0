/* arrays_slot.h - one array that a node of a net has, and its place in a layout. */
#ifndef RWI_STORE_ARRAYS_SLOT_H
#define RWI_STORE_ARRAYS_SLOT_H

#include "store/arrays.h"

#define RWI_NODE_SLOTS 4
typedef struct rwi_slot {
    const rwi_node *node;
    rwi_array_part part;
    float *numbers;     /* of the net, [k][r][s][c]; k, r and s are 1 for vectors */
    int64_t k, r, s, c; /* filters or units, rows, columns, channels or inputs */
    rw_shape order; /* the channels are a flattened image of this shape; 1x1: they are not */
    int rank;       /* of the array in the layout */
    int64_t shape[4];
} rwi_slot;

/* The arrays of node number index; slots must outlive neither node nor orders. orders: of
 * rwi_net_orders. Error: RW_EUNSUPPORTED when the layout has no order for its inputs. */
rw_status rwi_node_slots(const rw_net *net, int index, const rw_shape *orders,
                         rwi_layout layout, rwi_slot slots[RWI_NODE_SLOTS], int *count);
/* For every node, the image that its channels are a flattened copy of (1x1: none, 0x0: two that
 * do not agree). rwi_alloc'ed. */
rw_status rwi_net_orders(const rw_net *net, rw_shape **orders);
/* numbers to array, and back. */
void rwi_slot_write(const rwi_slot *slot, rwi_layout layout, float *array);
void rwi_slot_read(const rwi_slot *slot, rwi_layout layout, const float *array);

/* What an array is called within its layer: "kernel", "weight". */
const char *rwi_part_name(rwi_layout layout, rwi_array_part part);
#define RWI_SHAPE_TEXT 96
/* "3x3x1x32"; "one number" for rank 0. */
const char *rwi_shape_write(int rank, const int64_t *shape, char text[RWI_SHAPE_TEXT]);

#endif
