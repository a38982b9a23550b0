/* hello.c - a whole program on Rewire: a small net learns digits while no weight changes its
 * value.
 *
 *   example_hello          digits that the library draws itself
 *   example_hello mnist    another data set: a name or a folder */
#include <rewire/rewire.h>
#include <stdio.h>

#define TRY(call)                                                                              \
    do {                                                                                       \
        status = (call);                                                                       \
        if (status != RW_OK)                                                                   \
            goto done;                                                                         \
    } while (0)

/* Mistakes in these texts are kept and reported by rw_net_wire. */
static rw_status build(rw_net *net)
{
    rw_node x = rw_input(net);
    x = rw_layer(net, x, "conv2d filters=16 kernel=3 stride=2");
    x = rw_layer(net, x, "relu");
    x = rw_layer(net, x, "conv2d filters=32 kernel=3 stride=2");
    x = rw_layer(net, x, "relu");
    x = rw_layer(net, x, "flatten");
    x = rw_layer(net, x, "dense units=10");
    return rw_net_wire(net, x, "permute period=10");
}

static rw_status train(rw_net *net, const rw_dataset *images, const rw_dataset *test)
{
    rw_trainer *trainer = NULL;
    rw_metrics seen, unseen;
    rw_status status;
    TRY(rw_trainer_new(&trainer, net, images, "optimizer=adam lr=1e-3 batch=50"));
    for (int epoch = 1; epoch <= 5; epoch++) {
        TRY(rw_trainer_epoch(trainer, &seen));
        TRY(rw_evaluate(net, test, NULL, &unseen));
        printf("epoch %d  loss %.3f  test accuracy %.1f%%\n", epoch, seen.loss,
               100 * unseen.accuracy);
    }
done:
    rw_trainer_free(trainer);
    return status;
}

/* Proves that every weight is one of those drawn from the seed, then saves seed and wiring. */
static rw_status prove_and_save(rw_net *net, const char *path)
{
    rw_proof proof;
    rw_status status = rw_net_verify(net, &proof);
    if (status != RW_OK)
        return status;
    printf("verified: %lld weights stand where the wiring says, none has changed\n",
           (long long)proof.weights);
    return rw_net_save(net, path);
}

int main(int argc, char **argv)
{
    const char *data = argc > 1 ? argv[1] : "glyphs", *few = argc > 1 ? NULL : "count=6000";
    rw_dataset *images = NULL, *test = NULL;
    rw_net *net = NULL;
    rw_status status;
    TRY(rw_dataset_open(&images, data, "train", few));
    TRY(rw_dataset_open(&test, data, "test", few));
    TRY(rw_net_new(&net, rw_dataset_shape(images), "seed=7"));
    TRY(build(net));
    TRY(train(net, images, test));
    TRY(prove_and_save(net, "hello.rw"));
done:
    if (status != RW_OK)
        fprintf(stderr, "hello: %s\n", rw_error_detail());
    rw_net_free(net);
    rw_dataset_free(test);
    rw_dataset_free(images);
    return status == RW_OK ? 0 : 1;
}
