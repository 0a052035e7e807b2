using PatchContainers.Scanning;

namespace PatchContainers.Rollout;

/// <summary>Makes the gates that plans name.</summary>
public sealed class GateFactory
{
    /// <summary>Makes a factory.</summary>
    /// <param name="scanner">What the policy gate scans with; null where there is none, and then a policy gate is Inconclusive.</param>
    /// <param name="clock">The time.</param>
    public GateFactory(IImageScanner? scanner, TimeProvider clock) => _ = (scanner, clock);

    /// <summary>Makes a gate.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the kind is not known, or a setting is wrong.</exception>
    public IHealthGate Create(RolloutGate gate) => throw new NotImplementedException();
}
