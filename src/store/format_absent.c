/* format_absent.c - the rows of formats whose library this build does without: they are listed,
 * and neither read nor written. */
#include "store/arrays.h"

#ifndef RWI_HAVE_HDF5
const rwi_array_format rwi_format_keras_h5 = {
    .name = "keras_h5",
    .summary = "Keras HDF5, weights or whole models",
    .ending = ".h5",
    .other_ending = ".hdf5",
    .needs = "libhdf5 (REWIRE_HDF5)",
    .layout = RWI_LAYOUT_KERAS,
};
#endif

#ifndef RWI_HAVE_ZIP
const rwi_array_format rwi_format_npz = {
    .name = "npz",
    .summary = "NumPy arrays in a zip archive",
    .ending = ".npz",
    .needs = "libzip (REWIRE_ZIP)",
    .layout = RWI_LAYOUT_KERAS,
};
#endif
