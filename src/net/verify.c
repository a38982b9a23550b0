/* verify.c - the proof over a whole net: every site redrawn and compared, and what was counted.
 */
#include "method/method.h"
#include "net/net.h"

static void count(const rwi_site *s, rw_proof *proof)
{
    if (!s->wiring) {
        proof->trained_freely += rwi_site_weights(s);
        return;
    }
    proof->weights += rwi_site_weights(s);
    proof->groups += s->groups;
    proof->bits += (double)rwi_site_weights(s) * (s->method->bits ? s->method->bits(s) : 32);
}

static rw_status prove(rw_net *net, rw_proof *proof)
{
    proof->fixed_checksum = RWI_HASH_START;
    rwi_net_decide(net);
    for (int i = 0; i < net->site_count; i++) {
        RWI_TRY(rwi_site_verify(net->sites[i], net->seed, &proof->fixed_checksum));
        count(net->sites[i], proof);
    }
    for (int i = 0; i < net->node_count; i++)
        proof->statistics += 2 * net->nodes[i].state_count;
    if (proof->weights)
        proof->bits /= (double)proof->weights;
    return RW_OK;
}

rw_status rw_net_verify(rw_net *net, rw_proof *proof)
{
    rw_proof counted = {0};
    if (net->output < 0)
        return rwi_fail(RW_ESTATE, "the net is not wired yet");
    const rw_status status = prove(net, &counted);
    if (proof)
        *proof = counted;
    return status;
}
