/* One row for each data set that is known by name. */
ROW(mnist)
ROW(fashion_mnist)
ROW(cifar10)
ROW(cifar100)
ROW(glyphs)
