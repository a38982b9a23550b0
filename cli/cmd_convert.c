/* cmd_convert.c - rewire convert: nets of other programs to ours, and ours to theirs. */
#include "model.h"
#include "recipe.h"
#include <string.h>
#include <sys/stat.h>

typedef struct convert_options {
    const char *recipe, *layout, *data;
    cli_texts set;
    bool force;
} convert_options;

#define AT(member) offsetof(convert_options, member)

static const cli_option options_table[] = {
    {.name = "recipe",
     .kind = CLI_TEXT,
     .value = "RECIPE",
     .help = "to .rw: what the net is, a name or a file",
     .offset = AT(recipe)},
    CLI_DATA_ROW("to .rw: data set, where the recipe's is not meant", AT(data)),
    CLI_SET_ROW("to .rw: change any key of the recipe; may be repeated", AT(set)),
    {.name = "layout",
     .kind = CLI_TEXT,
     .value = "NAME",
     .help = "from .rw: keras or torch; default: that of the format",
     .choices = "keras|torch",
     .offset = AT(layout)},
    {.name = "force",
     .alias = 'f',
     .kind = CLI_FLAG,
     .help = "write over a file that is there",
     .offset = AT(force)},
    {0}};

static bool is_ours(const char *path)
{
    size_t length = strlen(path);
    return length > 3 && strcmp(path + length - 3, ".rw") == 0;
}

static bool is_folder(const char *path)
{
    struct stat seen;
    return stat(path, &seen) == 0 && S_ISDIR(seen.st_mode);
}

static int check_place(const char *path, bool force)
{
    struct stat seen;
    if (lstat(path, &seen) != 0 || (force && S_ISREG(seen.st_mode)))
        return CLI_DONE;
    cli_say(S_ISREG(seen.st_mode) ? "'%s' is there already (--force writes over it)"
                                  : "'%s' is there already, and is no ordinary file",
            path);
    return CLI_FAILED;
}

/* One line about what was written. */
static void tell(const rw_net *net, const char *path)
{
    char quoted[CLI_PATH_SIZE];
    int64_t numbers = 0;
    rw_site_info site;
    int32_t sites = 0;
    for (; rw_net_site(net, sites, &site) == RW_OK; sites++)
        numbers += site.groups * site.n;
    printf("%s: %lld weights in %d arrays\n", cli_quoted(path, quoted, sizeof quoted),
           (long long)numbers, sites);
}

static int import_with(rw_recipe *recipe, const char *in, const char *out,
                       const convert_options *o)
{
    rw_net *net = NULL;
    int code = cli_recipe_text(recipe, "data", o->data);
    if (code == CLI_DONE)
        code = cli_recipe_pairs(&cli_convert, recipe, &o->set);
    if (code != CLI_DONE)
        return code;
    rw_status status = rw_net_import(&net, in, recipe);
    if (status == RW_OK)
        status = rw_net_save(net, out);
    if (status == RW_OK)
        tell(net, out);
    rw_net_free(net);
    return status == RW_OK ? CLI_DONE : cli_fail(status);
}

static int import(const char *in, const char *out, const convert_options *o)
{
    rw_recipe *recipe = NULL;
    if (o->recipe == NULL)
        return cli_wrong(&cli_convert,
                         "--recipe is needed: '%s' says what the net weighs, the "
                         "recipe what it is",
                         in);
    if (o->layout != NULL)
        return cli_wrong(&cli_convert, "--layout is of no use for reading '%s'", in);
    int code = cli_recipe_open(&recipe, o->recipe);
    if (code == CLI_DONE)
        code = import_with(recipe, in, out, o);
    rw_recipe_free(recipe);
    return code;
}

static int export(const char *in, const char *out, const convert_options *o)
{
    char layout[32] = "";
    rw_net *net = NULL;
    if (o->recipe != NULL || o->data != NULL || o->set.count > 0)
        return cli_wrong(&cli_convert, "--%s is of no use for writing '%s'",
                         o->recipe != NULL ? "recipe"
                         : o->data != NULL ? "data"
                                           : "set",
                         out);
    if (o->layout != NULL)
        snprintf(layout, sizeof layout, "layout=%s", o->layout);
    int code = cli_model_load(&net, in);
    if (code != CLI_DONE)
        return code;
    rw_status status = rw_net_export(net, out, layout);
    if (status == RW_OK)
        tell(net, out);
    rw_net_free(net);
    return status == RW_OK ? CLI_DONE : cli_fail(status);
}

static int convert(const cli_words *words, const void *options)
{
    const convert_options *o = options;
    const char *in = words->at[0], *out = words->at[1];
    bool from_ours = is_ours(in) || is_folder(in);
    if (from_ours == is_ours(out))
        return cli_wrong(&cli_convert, "one of '%s' and '%s' has to be a .rw file%s", in, out,
                         from_ours ? ", the other one not" : "");
    int code = check_place(out, o->force);
    if (code != CLI_DONE)
        return code;
    return from_ours ? export(in, out, o) : import(in, out, o);
}

const cli_command cli_convert = {
    .name = "convert",
    .summary = "nets of Keras, PyTorch and NumPy, in and out",
    .about =
        "The endings of IN and OUT say which way: from .rw or a run folder, which stands for\n"
        "its best.rw, to .h5, .npz or .safetensors; or from one of these to .rw. Then the\n"
        "recipe says what the net is. Its layers and those of the file are matched by name,\n"
        "number or place, and every shape has to fit. The file does not say what numbers its\n"
        "net was fed: the recipe does, too. The published Conv2, Conv4 and Conv13 were fed\n"
        "pixels of 0 to 255, which takes quirk=raw.\n",
    .examples = "  rewire convert F1.h5 f1.rw --recipe f1\n"
                "  rewire convert Conv4_70.h5 conv4.rw --recipe conv4 --set quirk=raw\n"
                "  rewire convert runs/f1-seed1 f1.npz\n"
                "  rewire convert best.rw best.safetensors\n"
                "  rewire convert theirs.npz ours.rw --recipe conv7 --data mnist\n",
    .words = {"IN", "OUT"},
    .needed = 2,
    .options = options_table,
    .options_size = sizeof(convert_options),
    .run = convert,
};
