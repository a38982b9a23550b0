"""A small net of Keras and of Rewire: the same weights give the same logits, both ways.

usage: keras_logits.py check WEIGHTS.h5 DATA PREDICTIONS.csv
       keras_logits.py make WHOLE.h5 WEIGHTS.h5 DATA LOGITS.npy
       keras_logits.py compare LOGITS.npy PREDICTIONS.csv

check loads what Rewire wrote and compares with the logits that Rewire gave; make writes a net that
Keras trained a little, as a whole model and (where Keras still can) as weights, with its logits.
compare sets these against what Rewire gave for that file.
"""
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import keras  # noqa: E402
import numpy as np  # noqa: E402

TOLERANCE = 2e-5  # of logits around 1: two libraries add in two orders


def build():
    layers = keras.layers
    return keras.Sequential([
        keras.Input((8, 8, 1)),
        layers.Conv2D(4, 3, padding="same", kernel_initializer="he_uniform"),
        layers.ReLU(),
        layers.BatchNormalization(),
        layers.MaxPooling2D(2),
        layers.Conv2D(6, 3, kernel_initializer="he_uniform"),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Flatten(),
        layers.Dense(4, kernel_initializer="he_uniform"),
    ])


def read(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def images(folder, split):
    bytes_ = np.frombuffer(read(folder, split + "-images-idx3-ubyte"), np.uint8)[16:]
    return bytes_.reshape(-1, 8, 8, 1).astype("float32") / 255


def labels(folder, split):
    return np.frombuffer(read(folder, split + "-labels-idx1-ubyte"), np.uint8)[8:]


def check(weights, data, predictions):
    model = build()
    model.load_weights(weights)
    ours = np.loadtxt(predictions, delimiter=",", skiprows=1)[:, 4:]
    theirs = model.predict(images(data, "t10k"), verbose=0)
    worst = np.abs(ours - theirs).max()
    print(f"keras {keras.__version__}: {len(ours)} images, logits differ by {worst:.2e}")
    return worst <= TOLERANCE and np.abs(theirs).max() > 0.1


def make(whole, weights, data, logits):
    keras.utils.set_random_seed(3)
    model = build()
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(images(data, "train"), labels(data, "train"), batch_size=50, epochs=2, verbose=0)
    model.save(whole)
    if keras.__version__.startswith("2."):
        model.save_weights(weights)
    np.save(logits, model.predict(images(data, "t10k"), verbose=0))
    return True


def compare(logits, predictions):
    ours = np.loadtxt(predictions, delimiter=",", skiprows=1)[:, 4:]
    worst = np.abs(ours - np.load(logits)).max()
    print(f"from keras {keras.__version__}: logits differ by {worst:.2e}")
    return worst <= TOLERANCE


if __name__ == "__main__":
    commands = {"check": check, "make": make, "compare": compare}
    sys.exit(0 if commands[sys.argv[1]](*sys.argv[2:]) else 1)
