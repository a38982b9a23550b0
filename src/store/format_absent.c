/* format_absent.c - the rows of formats whose library this build does without: they are listed,
 * and neither read nor written. */
#include "store/arrays.h"

#ifndef RWI_HAVE_HDF5
const rwi_array_format rwi_format_keras_h5 = {
    .name = "keras_h5",
    .summary = "Keras HDF5, weights or whole models; not in this build (REWIRE_HDF5)",
    .ending = ".h5",
    .layout = RWI_LAYOUT_KERAS,
};
#endif

#ifndef RWI_HAVE_ZIP
const rwi_array_format rwi_format_npz = {
    .name = "npz",
    .summary = "NumPy arrays in a zip archive; not in this build (REWIRE_ZIP)",
    .ending = ".npz",
    .layout = RWI_LAYOUT_KERAS,
};
#endif
