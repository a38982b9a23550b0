/* rewire.h - train neural networks whose weight values never change.
 *
 * Values are drawn once from a seed. Training only decides how they are wired:
 *
 *   fixed    the values drawn from the seed; never written again
 *   wiring   the decision, one small integer per weight
 *   weights  what a layer multiplies with: decode(fixed, wiring)
 *   latent   what the optimizer moves; choose(latent) gives the wiring
 *
 * This header reads from simple to detailed. A whole program is examples/hello.c:
 *
 *   rw_dataset_open(&train, "mnist", "train", NULL);
 *   rw_net_new(&net, rw_dataset_shape(train), "seed=7");
 *   rw_node x = rw_input(net);
 *   x = rw_layer(net, x, "conv2d filters=32 kernel=3");
 *   x = rw_layer(net, x, "relu");
 *   x = rw_layer(net, x, "flatten");
 *   x = rw_layer(net, x, "dense units=10");
 *   rw_net_wire(net, x, "permute period=20");
 *   rw_trainer_new(&t, net, train, "optimizer=adam lr=1e-3 batch=50");
 *   for (int e = 0; e < 10; e++) rw_trainer_epoch(t, &m);
 *   rw_net_verify(net, NULL);
 *   rw_net_save(net, "hello.rw");
 *
 * Conventions. Every call that can fail returns rw_status and leaves one sentence about the
 * cause in rw_error_detail(). x_new and x_open give an object that the caller ends with x_free;
 * x_free takes NULL. Strings returned by a handle live until it is freed or the next call that
 * changes it. Images are NHWC (row, column, channel), the channel fastest. The library never
 * exits, never prints, and keeps no global state but how many threads it may use
 * (rw_set_threads). One handle is used by one thread at a time; different handles by different
 * threads. Any call may also fail with RW_ENOMEM. */
#ifndef REWIRE_H
#define REWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define RW_API __attribute__((visibility("default")))
#else
#define RW_API
#endif

#define RW_VERSION "0.1.0"
RW_API const char *rw_version(void);

/* ---- 1. Errors --------------------------------------------------------------------------- */

/* One row each: code, short name, what it means. */
#define RW_STATUS_LIST(X)                                                                      \
    X(RW_OK, "ok", "no error")                                                                 \
    X(RW_EUSAGE, "usage", "an unknown name or key, or a value out of its range")               \
    X(RW_ENOMEM, "memory", "not enough memory")                                                \
    X(RW_EIO, "io", "a file or folder could not be read or written")                           \
    X(RW_ENOTFOUND, "not found", "no such file, data set or recipe")                           \
    X(RW_EFORMAT, "format", "a file is not what it claims to be")                              \
    X(RW_EVERIFY, "verify", "a weight is not what seed and wiring say")                        \
    X(RW_EDIVERGED, "diverged", "the loss is no longer a number")                              \
    X(RW_ECANCELLED, "cancelled", "stopped by the caller")                                     \
    X(RW_ESTATE, "state", "the call does not fit the state of the object")                     \
    X(RW_EUNSUPPORTED, "unsupported", "this build or machine cannot do that")                  \
    X(RW_ENETWORK, "network", "a download failed")

typedef enum rw_status {
#define RW_STATUS_ENUM(code, name, text) code,
    RW_STATUS_LIST(RW_STATUS_ENUM)
#undef RW_STATUS_ENUM
        RW_STATUS_COUNT
} rw_status;

/* The short name ("format") and the meaning of a code; "unknown" for anything else. */
RW_API const char *rw_status_name(rw_status status);
RW_API const char *rw_status_text(rw_status status);
/* One sentence about this thread's latest failure; "" when there was none. */
RW_API const char *rw_error_detail(void);

/* ---- 2. Data sets ------------------------------------------------------------------------ */

typedef struct rw_shape {
    int32_t h, w, c;
} rw_shape; /* one image */
typedef struct rw_dataset rw_dataset;

/* Opens a data set: a known name (rw_list), looked up in $REWIRE_DATA (colon-separated) and
 * then in the user's cache, or the path of a folder whose format is found by probing. A known
 * name may carry its options: "glyphs count=600". split: "train" or "test". options: text for
 * that format, or NULL. Errors: RW_ENOTFOUND (no such data; no such split of it), RW_EFORMAT (a
 * file is not what it should be), RW_EIO, RW_EUSAGE (an option). */
RW_API rw_status rw_dataset_open(rw_dataset **out, const char *name_or_path, const char *split,
                                 const char *options);
RW_API void rw_dataset_free(rw_dataset *set);
RW_API rw_shape rw_dataset_shape(const rw_dataset *set);
RW_API int64_t rw_dataset_count(const rw_dataset *set);
RW_API int32_t rw_dataset_classes(const rw_dataset *set);
RW_API const char *rw_dataset_format(const rw_dataset *set); /* "idx", "cifar", "glyphs" */
RW_API const char *rw_dataset_path(const rw_dataset *set);   /* "" for data that is drawn */
/* The name of a class, or NULL where the format has none. */
RW_API const char *rw_dataset_class_name(const rw_dataset *set, int32_t label);
/* Pixels (0..255, h*w*c of them) and label of one image. NULL / -1 when index is out of range.
 */
RW_API const uint8_t *rw_dataset_image(const rw_dataset *set, int64_t index);
RW_API int32_t rw_dataset_label(const rw_dataset *set, int64_t index);

/* Called now and then; return true to stop. */
typedef bool (*rw_fetch_progress)(void *user, const char *file, int64_t done, int64_t total);
/* Downloads a known data set into folder (NULL: the user's cache), checks every file against
 * its official checksum, continues broken downloads. mirror replaces the official base URL (or
 * NULL). Errors: RW_ENETWORK, RW_EFORMAT (checksum), RW_EIO, RW_ECANCELLED (progress said so),
 * RW_EUSAGE (a name that is not known, a mirror that is no URL), RW_EUNSUPPORTED (built without
 * libcurl). */
RW_API rw_status rw_dataset_fetch(const char *name, const char *folder, const char *mirror,
                                  rw_fetch_progress progress, void *user);

/* ---- 3. Nets ----------------------------------------------------------------------------- */

typedef struct rw_net rw_net;
typedef struct {
    int32_t id;
} rw_node; /* a value in the graph; an id below 0 stands for a mistake */

/* An empty net. options: "seed=7", or NULL. Error: RW_EUSAGE for an option or a shape that
 * cannot be. */
RW_API rw_status rw_net_new(rw_net **out, rw_shape input, const char *options);
RW_API void rw_net_free(rw_net *net);
RW_API rw_node rw_input(rw_net *net);
/* Adds a layer, "conv2d filters=32 kernel=3"; every layer also takes name=NAME. A mistake is
 * kept and reported once, by rw_net_wire, so calls can be chained without a check each. */
RW_API rw_node rw_layer(rw_net *net, rw_node x, const char *text);
/* The same with two inputs: rw_join(net, a, b, "add"). */
RW_API rw_node rw_join(rw_net *net, rw_node a, rw_node b, const char *text);
/* Starting points of the LaPerm paper; call before rw_net_wire.
 * "agnosticize value=0.08 keep=4/7": every value is value or 0, kept with probability keep.
 * "random_prune keep=0.7": kernels keep this share; the first one at least 0.8.
 * "drawn init=he_normal": all kernels from this distribution. "scaled factor=0.5": kernels
 * times a factor. "as_drawn": what the layers say (the default). Several follow one another:
 * "scaled factor=2; random_prune keep=0.5". A trainer refuses a kernel with a group of nothing
 * but zeros that pruning left (RW_ESTATE), unless "allow_empty" is among them. Errors:
 * RW_EUSAGE, RW_ESTATE (wired already). */
RW_API rw_status rw_net_start(rw_net *net, const char *text);
/* Ends building: output is the node that gives the logits. Draws the fixed values and gives
 * every site its method, "permute period=20". Errors: RW_EUSAGE for the first mistake of all
 * that was said since rw_net_new; RW_ESTATE (wired already). */
RW_API rw_status rw_net_wire(rw_net *net, rw_node output, const char *method);
/* Logits (count x classes) of images as the data set holds them (count x h x w x c, 0..255),
 * with the normalisation the net was trained with, at synchronised weights. Errors: RW_ESTATE
 * (not wired yet), RW_EUSAGE (count below 0). */
RW_API rw_status rw_net_predict(rw_net *net, const uint8_t *images, int64_t count,
                                float *logits);

/* Files are safetensors: a seed, the wirings, and what was trained freely. Written beside,
 * synced and renamed. Loading checks everything that rw_net_verify checks. Errors of saving:
 * RW_EIO, RW_ESTATE (not wired yet); of loading: RW_ENOTFOUND, RW_EIO, RW_EFORMAT, RW_EVERIFY.
 */
RW_API rw_status rw_net_save(rw_net *net, const char *path);
RW_API rw_status rw_net_load(rw_net **out, const char *path);

/* What verify counts; all zero-initialised by the call. */
typedef struct rw_proof {
    int64_t weights;        /* wired weights, each checked against the redrawn fixed values */
    int64_t groups;         /* groups they stand in */
    int64_t trained_freely; /* numbers trained as usual: biases and norm scales where the recipe
                               says so */
    int64_t statistics;     /* running means and variances of norm layers */
    double bits;            /* learned bits per wired weight, as stored */
    uint64_t fixed_checksum; /* of all fixed values, in order */
} rw_proof;
/* Redraws the fixed values from the seed and checks every single wired weight. proof may be
 * NULL; where nothing is wired (method dense) its weights are 0, and RW_OK proves nothing.
 * Errors: RW_EVERIFY, the sentence names layer, group and index; RW_ESTATE (not wired yet). */
RW_API rw_status rw_net_verify(rw_net *net, rw_proof *proof);
/* The same on a file, damaged or not. Errors: those of rw_net_load. */
RW_API rw_status rw_file_verify(const char *path, rw_proof *proof);

/* A net that came from elsewhere (rw_net_import) has no seed, so verify has nothing to redraw.
 * This checks what can be checked of any net: that every kernel could have been drawn from a
 * distribution ("he_uniform keep=0.3", "constant value=0.08 keep=4/7", any row of rw_list
 * "inits"; "recipe": what its own layers say). No value beyond the bounds, or the right one or
 * two values; the share of zeros; the shape of the distribution, in the kernel and in each of
 * its groups. Where keep is below 0.8, the first kernel may keep 0.8, as random_prune has it.
 * Chance alone fails a test once in a million. Passing does not prove that nothing was trained:
 * that takes the seed. visit (may be NULL) hears what was found at each kernel. Error:
 * RW_EVERIFY; the sentence names site, group and index, or the statistic that is off. */
typedef struct rw_site_check {
    const char *site;
    int64_t count, zeros;
    double zeros_expected;    /* on average */
    double lowest, highest;   /* of the values found */
    double bound;             /* no value may be beyond; 0: the distribution has none */
    double distance, allowed; /* Kolmogorov-Smirnov distance of the values that are not zero,
                                 and the largest that chance explains: of the kernel or of a
                                 group, whichever is nearer to that; 0: not tested */
    bool passed;
} rw_site_check;
typedef void (*rw_site_check_fn)(void *user, const rw_site_check *check);
RW_API rw_status rw_net_verify_against(rw_net *net, const char *distribution,
                                       rw_site_check_fn visit, void *user);

/* Looking in. Sites are the places that hold weights. Indices out of range give RW_EUSAGE. */
typedef struct rw_site_info {
    const char *name, *role, *method, *init; /* role: kernel, bias, gamma, beta */
    int32_t rank;
    int64_t shape[4];  /* kernels: filters, rows, columns, channels; or units, inputs */
    int64_t groups, n; /* groups * n = weights */
    int32_t bits;      /* stored bits per weight; 32 when trained freely */
} rw_site_info;
typedef struct rw_layer_info {
    const char *name, *text; /* text: the layer in full, "conv2d filters=32 kernel=3 ..." */
    const char *from[2];     /* the names of its inputs, NULL past the last; the net's own input
                                is "input" */
    rw_shape shape;          /* of its output */
    int64_t weights;
} rw_layer_info;
RW_API int32_t rw_net_sites(const rw_net *net);
RW_API rw_status rw_net_site(const rw_net *net, int32_t index, rw_site_info *info);
/* groups*n weights of a site in group-major order, synchronised; NULL when index is out of
 * range. */
RW_API const float *rw_net_weights(rw_net *net, int32_t index);
RW_API int32_t rw_net_layers(const rw_net *net);
RW_API rw_status rw_net_layer(const rw_net *net, int32_t index, rw_layer_info *info);
RW_API rw_shape rw_net_input_shape(const rw_net *net);
RW_API int32_t rw_net_classes(const rw_net *net);
RW_API uint64_t rw_net_seed(const rw_net *net);
RW_API const char *rw_net_method(const rw_net *net);
/* A note kept in the file: "recipe", "data", "epoch", ... NULL when absent. Setting: value NULL
 * removes it. Error: RW_EUSAGE for a key of other characters than a-z, 0-9, _, - and ., for a
 * value that is not UTF-8 or longer than 1 MB, for more than 32 notes. */
RW_API const char *rw_net_note(const rw_net *net, const char *key);
RW_API rw_status rw_net_set_note(rw_net *net, const char *key, const char *value);

/* ---- 4. Training ------------------------------------------------------------------------- */

typedef struct rw_metrics {
    double loss;     /* mean cross-entropy per image */
    double accuracy; /* 0 to 1 */
    int64_t correct, count;
} rw_metrics;

/* Accuracy and loss on a whole data set, at synchronised weights. options: "batch=500", or
 * NULL. Errors: RW_EUSAGE (an option; images of another shape, more classes than outputs),
 * RW_ESTATE (not wired yet). */
RW_API rw_status rw_evaluate(rw_net *net, const rw_dataset *set, const char *options,
                             rw_metrics *out);

/* The same, and all that a paper reports of a classifier. options: "batch=500 bins=15". The
 * report holds its own copy of everything. Errors: those of rw_evaluate. */
typedef struct rw_report rw_report;
RW_API rw_status rw_report_new(rw_report **out, rw_net *net, const rw_dataset *set,
                               const char *options);
RW_API void rw_report_free(rw_report *report);
RW_API rw_metrics rw_report_metrics(const rw_report *report);
RW_API int32_t rw_report_classes(const rw_report *report);
/* Share of images whose label is among the k highest logits; ties go to the lower class. */
RW_API double rw_report_top(const rw_report *report, int32_t k);
/* Expected calibration error: the mean distance of confidence and accuracy over bins of equal
 * width, weighted by their images (Guo et al., ICML 2017, section 2). */
RW_API double rw_report_ece(const rw_report *report);
/* Images of class label that were taken for class predicted; 0 when out of range. */
RW_API int64_t rw_report_confusion(const rw_report *report, int32_t label, int32_t predicted);
typedef struct rw_prediction {
    int32_t label, predicted;
    double confidence; /* softmax of the predicted class */
} rw_prediction;
/* RW_EUSAGE when index is out of range. */
RW_API rw_status rw_report_prediction(const rw_report *report, int64_t index,
                                      rw_prediction *out);
/* The logits of one image, classes of them; NULL when index is out of range. */
RW_API const float *rw_report_logits(const rw_report *report, int64_t index);

typedef struct rw_trainer rw_trainer;
/* options: optimizer=, lr=, batch=, schedule=, augment=, normalise=, validation=, ... (rw_list
 * "trainer" names them all); normalise, the temperature of loss, and dtype are those that a net
 * was trained with before, where they are not given. epochs is where schedules end. Net and
 * data set must outlive the trainer, and a net has one trainer at a time. Errors: RW_EUSAGE (an
 * option, images that do not fit), RW_ESTATE (the net has a trainer, or is not wired yet). */
RW_API rw_status rw_trainer_new(rw_trainer **out, rw_net *net, const rw_dataset *train,
                                const char *options);
RW_API void rw_trainer_free(rw_trainer *trainer);
/* One pass over the training split; train (may be NULL) is what the steps saw. Error:
 * RW_EDIVERGED. */
RW_API rw_status rw_trainer_epoch(rw_trainer *trainer, rw_metrics *train);
/* Metrics on the validation split; RW_ESTATE when there is none. */
RW_API rw_status rw_trainer_validate(rw_trainer *trainer, rw_metrics *validation);

/* ---- 5. Recipes and runs ----------------------------------------------------------------- */

typedef struct rw_recipe rw_recipe;
/* A recipe by name (rw_list "recipes") or by path. Errors: RW_ENOTFOUND, RW_EIO, RW_EFORMAT
 * with file, line and key. */
RW_API rw_status rw_recipe_open(rw_recipe **out, const char *name_or_path);
RW_API void rw_recipe_free(rw_recipe *recipe);
/* Changes one key: ("epochs", "3"), ("method.period", "100"), ("optimizer.lr", "1e-4"). A key
 * that is set as a whole ("method") loses its options. Error: RW_EUSAGE. */
RW_API rw_status rw_recipe_set(rw_recipe *recipe, const char *key, const char *value);
RW_API const char *rw_recipe_get(const rw_recipe *recipe,
                                 const char *key); /* NULL: no such key */
/* The whole recipe as YAML, until the next call of this function; NULL: no memory. */
RW_API const char *rw_recipe_text(rw_recipe *recipe);
/* Builds all that a run of the recipe would, data, net and trainer, and lets go of it: finds
 * every mistake that rw_run_train would find before its first step. */
RW_API rw_status rw_recipe_check(rw_recipe *recipe);

typedef enum rw_event {
    RW_EVENT_START,
    RW_EVENT_STEP,
    RW_EVENT_EPOCH,
    RW_EVENT_SAVED,
    RW_EVENT_END
} rw_event;
typedef struct rw_progress {
    rw_event event;
    int64_t epoch, epochs;        /* epoch: 1-based, the current one */
    int64_t step, steps;          /* within this epoch */
    double loss, accuracy;        /* training so far in this epoch */
    double images_per_second;     /* lately; on EPOCH and END: the mean of that epoch */
    double seconds, seconds_left; /* of training in this run; estimate */
    double lr;
    bool has_validation, has_test; /* on RW_EVENT_EPOCH and _END */
    rw_metrics validation, test;   /* this epoch's; on END: those of the selected epoch */
    int64_t best_epoch;            /* selected so far */
    double best_on_test; /* highest test accuracy of any epoch; the papers' figure, never used
                            to select */
    int64_t best_on_test_epoch;
    double best_between; /* highest test accuracy of the weights that training was at, between
                            decisions too (recipe key track_between): for comparison only */
    int64_t best_between_epoch; /* 0: nobody looked */
    const char *path;           /* on SAVED: the checkpoint; otherwise the run folder */
} rw_progress;
/* Called after every step and event; return true to stop: the run checkpoints and RW_ECANCELLED
 * is returned. */
typedef bool (*rw_progress_fn)(void *user, const rw_progress *progress);

typedef struct rw_run_options {
    const char *out;         /* run folder; must not hold a run yet */
    rw_progress_fn progress; /* or NULL */
    void *user;
    double checkpoint_seconds; /* 0: 60 */
    int32_t threads;           /* as rw_set_threads, which it calls; 0 to resume: as before */
} rw_run_options;
/* Trains a recipe into a folder: recipe.yaml, history.csv, history.jsonl, best.rw, last.rw,
 * resume.rw, and result.json at the end. Selected is the epoch with the highest validation
 * accuracy, among equals the one with the lower validation loss, then the first; without
 * validation images the last one. Errors: those of rw_recipe_check; RW_ESTATE (the folder holds
 * a run, or is another process's), RW_EIO, RW_ECANCELLED, and RW_EDIVERGED, which leaves the
 * last good checkpoint in place. */
RW_API rw_status rw_run_train(rw_recipe *recipe, const rw_run_options *options);
/* Continues a run to the bit; options->out names its folder. epochs, data, track_test and
 * track_between may have been edited in its recipe.yaml; another edit is RW_EFORMAT. */
RW_API rw_status rw_run_resume(const rw_run_options *options);

/* Nets of other programs: Keras HDF5 (.h5 or .hdf5, weights or whole models), .npz and
 * .safetensors with ordinary names. Reading: the recipe says what the net is; layers are
 * matched by shape and name, number or place (store/arrays_match.c); a normalisation that looks
 * at data is the file's, if it has input.mean and input.scale, or looks at all training images
 * of the recipe's data set. Such a net has no seed: all its weights count as trained freely,
 * and the note "origin" says where it came from. Errors: RW_EFORMAT for what does not fit,
 * RW_EUNSUPPORTED for a format this build cannot read. */
RW_API rw_status rw_net_import(rw_net **out, const char *path, rw_recipe *recipe);
/* Writes the synchronised weights; the ending of path chooses the format (rw_list "formats").
 * options: "layout=keras" (kernels HWIO, inputs x units; the default of .h5 and .npz) or
 * "layout=torch" (OIHW, units x inputs, flattened in the order of channels first; the default
 * of .safetensors); NULL: the default. Errors: RW_EUSAGE (ending, option), RW_EIO,
 * RW_EUNSUPPORTED, RW_ESTATE (not wired yet). */
RW_API rw_status rw_net_export(rw_net *net, const char *path, const char *options);

/* ---- 6. What there is -------------------------------------------------------------------- */

typedef struct rw_entry {
    const char *name, *summary, *params;
} rw_entry; /* params: lines of help, or "" */
/* kind: methods, layers, recipes, keys (of a recipe), datasets, optimizers, schedules,
 * augments, normalisers, inits, starts, backends, formats, trainer. Returns false past the end
 * or for an unknown kind. The texts of an entry last until this thread's next call. */
RW_API bool rw_list(const char *kind, int32_t index, rw_entry *entry);

/* Messages of the library, of what it took upon itself, go to this callback of the calling
 * thread, or nowhere. */
typedef enum rw_level { RW_INFO, RW_WARNING } rw_level;
typedef void (*rw_log_fn)(void *user, rw_level level, const char *message);
RW_API void rw_set_log(rw_log_fn log, void *user);
/* Threads used by the whole process for nets made from now on; 0: as OMP_NUM_THREADS says, or
 * one per core. */
RW_API void rw_set_threads(int32_t threads);

/* ---- 7. Measuring ------------------------------------------------------------------------ */

/* Milliseconds: the median, the mean, and what one in ten is below and above. All 0: not
 * measured. */
typedef struct rw_spread {
    double median, mean, low, high;
} rw_spread;

/* What one operation of the net is and costs. */
typedef struct rw_bench_op {
    const char *layer, *op, *backend;
    double forward_ms, backward_ms;       /* of a batch, mean; 0 without profile */
    double forward_gflop, backward_gflop; /* of an image: the products of conv2d and dense */
} rw_bench_op;
typedef void (*rw_bench_op_fn)(void *user, const rw_bench_op *op);

typedef struct rw_bench_options {
    /* false: all steps run on one batch of random images of the shape of the recipe's data set,
     * and no data is needed. true: on that data set, by way of the loader and its augmentation.
     */
    bool loader;
    bool inference;        /* rw_net_predict of one batch, instead of training */
    int64_t steps, warmup; /* measured, and run before that; 0: 100 and 10 */
    int32_t threads;       /* as rw_set_threads, which it calls */
    bool profile;          /* also time every operation */
    rw_bench_op_fn visit;  /* hears of every operation, in order; or NULL */
    void *user;
} rw_bench_options;

typedef struct rw_bench_result {
    double images_per_second; /* at the median step, without synchronisation */
    rw_spread step;           /* gradient + optimizer; inference: the whole call */
    rw_spread gradient;       /* forward, loss, backward */
    rw_spread optimizer;
    rw_spread wait; /* with loader: until the next batch was there */
    rw_spread sync; /* all sites decide anew (LaPerm: rank and place), sync_after steps after
                       they did last */
    rw_spread sync_far; /* the same from latents in random order: nothing is near its place */
    rw_spread load;     /* the loader makes one batch, augmented, while nothing else runs */
    int64_t sync_after, period; /* steps; period is the recipe's, 0: never */
    const char *dtype;          /* "f32" or "bf16": what activations are kept in */
    int64_t batch, threads, steps;
    double gflop_per_image;
    int64_t weights;          /* all that training moves */
    int64_t peak_bytes;       /* of the whole process, in memory */
    int64_t library_bytes;    /* the most this library ever held */
    int64_t activation_bytes; /* of which for activations and their gradients */
} rw_bench_result;
/* Times a recipe on this machine, in memory; the recipe stays as it is. Errors: those of
 * rw_recipe_check. */
RW_API rw_status rw_bench(rw_recipe *recipe, const rw_bench_options *options,
                          rw_bench_result *result);

#ifdef __cplusplus
}
#endif
#endif
