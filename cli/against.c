/* against.c - rewire verify --against: a table of the kernels, or one JSON object. */
#include "against.h"
#include "json.h"
#include "model.h"
#include "table.h"
#include <inttypes.h>
#include <string.h>

typedef struct against {
    cli_table table;
    json_t *kernels; /* NULL: a table is wanted */
    int64_t checked; /* weights */
} against;

/* What the figures mean, and what they cannot mean. */
#define DOUBT "No seed is known, so this does not prove that the values were never trained."

static void add_head(cli_table *table)
{
    static const char *const head[] = {"kernel",  "weights", "zeros",    "expected", "lowest",
                                       "highest", "bound",   "distance", "allowed",  "passed"};
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        cli_cell(table, "%s", head[i]);
}

/* A figure, where it stands for something. */
static void add_figure(cli_table *table, bool known, double value)
{
    if (known)
        cli_cell(table, "%.4g", value);
    else
        cli_cell(table, "-");
}

static void add_row(against *a, const rw_site_check *c)
{
    if (a->table.count == 0)
        add_head(&a->table);
    cli_cell(&a->table, "%s", c->site);
    cli_cell(&a->table, "%" PRId64, c->count);
    cli_cell(&a->table, "%" PRId64, c->zeros);
    cli_cell(&a->table, "%.0f", c->zeros_expected);
    add_figure(&a->table, true, c->lowest);
    add_figure(&a->table, true, c->highest);
    add_figure(&a->table, c->bound > 0, c->bound);
    add_figure(&a->table, c->allowed > 0, c->distance);
    add_figure(&a->table, c->allowed > 0, c->allowed);
    cli_cell(&a->table, c->passed ? "yes" : "NO");
}

static void add_object(against *a, const rw_site_check *c)
{
    json_array_append_new(
        a->kernels,
        json_pack("{s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "site",
                  cli_json_text(c->site), "weights", (json_int_t)c->count, "zeros",
                  (json_int_t)c->zeros, "zeros_expected", cli_json_number(c->zeros_expected),
                  "lowest", cli_json_number(c->lowest), "highest", cli_json_number(c->highest),
                  "bound", cli_json_number(c->bound), "distance", cli_json_number(c->distance),
                  "allowed", cli_json_number(c->allowed), "passed", c->passed));
}

static void add(void *user, const rw_site_check *check)
{
    against *a = user;
    a->checked += check->count;
    if (a->kernels)
        add_object(a, check);
    else
        add_row(a, check);
}

/* All weights, and the groups of the kernels. */
static void count(const rw_net *net, int64_t *numbers, int64_t *groups)
{
    rw_site_info site;
    *numbers = *groups = 0;
    for (int32_t i = 0; rw_net_site(net, i, &site) == RW_OK; i++) {
        *numbers += site.groups * site.n;
        *groups += strcmp(site.role, "kernel") == 0 ? site.groups : 0;
    }
}

static int print_json(const against *a, const rw_net *net, const char *distribution,
                      rw_status status)
{
    int64_t numbers, groups;
    count(net, &numbers, &groups);
    json_t *object =
        json_pack("{s:b, s:o, s:I, s:I, s:I, s:O, s:s}", "verified", status == RW_OK, "against",
                  cli_json_text(distribution), "weights", (json_int_t)a->checked,
                  "trained_freely", (json_int_t)(numbers - a->checked), "groups",
                  (json_int_t)groups, "kernels", a->kernels, "doubt", DOUBT);
    if (object && status != RW_OK)
        json_object_set_new(object, "error", cli_json_error());
    const int code = status == RW_OK ? CLI_DONE : cli_fail(status);
    const int printed = cli_json_print(object);
    return code == CLI_DONE ? printed : code;
}

static int print_table(against *a, const char *distribution, rw_status status)
{
    char safe[256];
    const int printed = cli_table_print(&a->table);
    if (status != RW_OK)
        return cli_fail(status);
    printf("\npassed: every kernel could have been drawn from '%s' and moved about within its "
           "groups\n" DOUBT "\n",
           cli_safe(distribution, safe, sizeof safe));
    return printed;
}

int cli_unverified(rw_status status, bool json)
{
    json_t *object = NULL;
    if (json)
        object = json_pack("{s:b, s:o, s:n, s:n, s:n}", "verified", 0, "error",
                           cli_json_error(), "weights", "trained_freely", "groups");
    int code = cli_fail(status);
    if (json)
        cli_json_print(object);
    return code;
}

static int check(against *a, rw_net *net, const char *distribution)
{
    rw_status status = rw_net_verify_against(net, distribution, add, a);
    if (a->checked == 0)
        return cli_unverified(status, a->kernels != NULL);
    return a->kernels ? print_json(a, net, distribution, status)
                      : print_table(a, distribution, status);
}

int cli_verify_against(const char *model, const char *distribution, bool json)
{
    char path[CLI_PATH_SIZE];
    rw_net *net = NULL;
    against a = {.table = {.columns = 10, .right = 1022},
                 .kernels = json ? json_array() : NULL};
    if (json && !a.kernels)
        return cli_no_memory();
    const rw_status status = rw_net_load(&net, cli_model_path(model, path));
    const int code =
        status == RW_OK ? check(&a, net, distribution) : cli_unverified(status, json);
    json_decref(a.kernels);
    rw_net_free(net);
    return code;
}
