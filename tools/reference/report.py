"""What 'rewire eval --predictions FILE' wrote, measured again: accuracy, top-5, calibration error,
confusion matrix. Written from the definitions, in plain Python, knowing nothing of the C code.

    report.py predictions.csv [bins]     prints one JSON object

Fails when a predicted class or a confidence is not what the logits say.
"""

import csv
import json
import math
import struct
import sys


def float32(text):
    """The float32 that the digits stand for."""
    return struct.unpack("f", struct.pack("f", float(text)))[0]


def softmax(logits):
    highest = max(logits)
    powers = [math.exp(z - highest) for z in logits]
    return [p / sum(powers) for p in powers]


def ranking(logits):
    """Classes from the highest logit to the lowest; sorted() is stable, so ties go to the lower class."""
    return sorted(range(len(logits)), key=lambda k: -logits[k])


def read(path):
    """Yields (label, predicted, confidence, logits) and checks the numbering."""
    with open(path, newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        classes = len(header) - 4
        expected = ["index", "label", "predicted", "confidence"]
        assert header == expected + ["logit_%d" % k for k in range(classes)], header
        for number, row in enumerate(rows):
            assert int(row[0]) == number, "row %d has the index %s" % (number, row[0])
            yield int(row[1]), int(row[2]), float(row[3]), [float32(z) for z in row[4:]]


def calibration_error(scored, bins):
    """Guo et al. 2017, equations 2 to 5: scored holds (confidence, right) of every image."""
    error = 0.0
    for m in range(1, bins + 1):
        inside = [(c, right) for c, right in scored if (m - 1) / bins < c <= m / bins]
        if inside:
            accuracy = sum(right for _, right in inside) / len(inside)
            confidence = sum(c for c, _ in inside) / len(inside)
            error += len(inside) / len(scored) * abs(accuracy - confidence)
    return error


def measure(path, bins):
    correct = top5 = classes = 0
    scored, pairs = [], {}
    for label, predicted, confidence, logits in read(path):
        order, classes = ranking(logits), len(logits)
        assert predicted == order[0], "predicted %d, but logit %d is first" % (predicted, order[0])
        best = softmax(logits)[predicted]
        assert abs(best - confidence) < 1e-8, "confidence %g, expected %g" % (confidence, best)
        correct += predicted == label
        top5 += label in order[:5]
        scored.append((best, predicted == label))
        pairs[label, predicted] = pairs.get((label, predicted), 0) + 1
    count = len(scored)
    return {
        "accuracy": correct / count,
        "count": count,
        "correct": correct,
        "top5": top5 / count if classes > 5 else None,
        "ece": calibration_error(scored, bins),
        "confusion": [[pairs.get((i, j), 0) for j in range(classes)] for i in range(classes)],
    }


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 15)))
