using PatchContainers.Scanning;

namespace PatchContainers.Rollout;

/// <summary>Makes the gates that plans name.</summary>
public sealed class GateFactory
{
    private readonly IImageScanner? _scanner;
    private readonly TimeProvider _clock;

    /// <summary>Makes a factory.</summary>
    /// <param name="scanner">What the policy gate scans with; null where there is none, and then a policy gate is Inconclusive.</param>
    /// <param name="clock">The time.</param>
    public GateFactory(IImageScanner? scanner, TimeProvider clock)
    {
        _scanner = scanner;
        _clock = clock;
    }

    /// <summary>Makes a gate.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the kind is not known, or a setting is
    /// wrong.</exception>
    public IHealthGate Create(RolloutGate gate)
    {
        ArgumentNullException.ThrowIfNull(gate);
        return gate.Kind == PolicyGate.Kind
            ? new PolicyGate(gate.Name, SeverityOf(gate), _scanner, _clock)
            : throw new PatchException(PatchErrorCode.InvalidArgument, gate.Name, $"The gate '{gate.Name}' is of the kind '{gate.Kind}'; "
                + $"the kinds are: {PolicyGate.Kind}.");
    }

    private static Severity SeverityOf(RolloutGate gate) =>
        gate.Settings.TryGetValue(PolicyGate.SeveritySetting, out var text)
            && Enum.TryParse<Severity>(text, ignoreCase: true, out var severity) && Enum.IsDefined(severity)
            ? severity
            : throw new PatchException(PatchErrorCode.InvalidArgument, gate.Name,
                $"The gate '{gate.Name}' needs the setting '{PolicyGate.SeveritySetting}', one of "
                + $"{string.Join(", ", Enum.GetNames<Severity>())}.");
}
