# Writes OUT: every DIR/*.yaml as an array of bytes, found by name: rwi_builtin_recipes in
# src/train/recipe.h. Bytes, because a C string literal may not be longer than 4095.
file(GLOB files "${DIR}/*.yaml")
list(SORT files)
set(arrays "")
set(rows "")
set(index 0)
foreach(file ${files})
  get_filename_component(name "${file}" NAME_WLE)
  file(READ "${file}" bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}00")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
  string(APPEND arrays "static const unsigned char recipe_${index}[] = {\n${bytes}};\n")
  string(APPEND rows "    {\"${name}\", (const char *)recipe_${index}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE "${OUT}" "/* Made by tools/embed_recipes.cmake from recipes/. */
#include \"train/recipe.h\"

${arrays}
const rwi_builtin_recipe rwi_builtin_recipes[] = {
${rows}    {0}};
")
