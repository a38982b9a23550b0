/* support_recipe.h - recipes as the tests make and compare them. */
#ifndef SUPPORT_RECIPE_H
#define SUPPORT_RECIPE_H

#include "support.h"

#include "train/recipe.h"

/* From text, as the file my.yaml; parsed_recipe fails the test where parse_recipe fails. */
rw_status parse_recipe(rw_recipe **out, const char *text);
rw_recipe *parsed_recipe(const char *text);
void assert_key(const rw_recipe *recipe, const char *key, const char *value);
void assert_same_recipe(const rw_recipe *a, const rw_recipe *b);
/* Written, read and written again: the same recipe and the same text. */
void assert_round_trip(rw_recipe *recipe);

#endif
