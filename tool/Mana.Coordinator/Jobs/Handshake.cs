using Mana.Coordinator.Protocol;

namespace Mana.Coordinator.Jobs;

/// <summary>
/// Before all else on a connection, both ends show that they know the job's secret, and neither sends it: whoever listens where a coordinator is looked for learns
/// nothing, and whoever comes to the coordinator's port gets nowhere.
/// </summary>
internal static class Handshake
{
    private const int LongestFrame = 4096;

    /// <summary>The coordinator's side. False: the other end has gone.</summary>
    public static async Task<bool> AdmitAsync(Connection connection, Secret secret, CancellationToken stop)
    {
        Secret nonce = Secret.Make();
        connection.Send(new ChallengeMessage(nonce));
        if (await connection.ReceiveAsync(LongestFrame, stop) is not { } first) return false;
        if (first is not ProofMessage proof || !secret.Prove(Prover.Peer, proof.Nonce, nonce).Matches(proof.Proof))
            throw new BadFrameException("the secret is not that of this job");
        connection.Send(new ProvenMessage(secret.Prove(Prover.Coordinator, nonce, proof.Nonce)));
        return true;
    }

    /// <summary>The other side. Null: it is the job's coordinator, and lets us in; else why not.</summary>
    public static async Task<string?> EnterAsync(Connection connection, Secret secret, CancellationToken stop)
    {
        if (await connection.ReceiveAsync(LongestFrame, stop) is not ChallengeMessage challenge) return "it is no coordinator of mana's";
        Secret nonce = Secret.Make();
        connection.Send(new ProofMessage(nonce, secret.Prove(Prover.Peer, nonce, challenge.Nonce)));
        return await connection.ReceiveAsync(LongestFrame, stop) switch
        {
            ProvenMessage proven when secret.Prove(Prover.Coordinator, challenge.Nonce, nonce).Matches(proven.Proof) => null,
            ProvenMessage => "it is the coordinator of another job",
            RefusedMessage refused => refused.Why,
            _ => "it has closed the connection",
        };
    }
}
