using PatchContainers.Endpoints;
using PatchContainers.Health;
using PatchContainers.Scanning;

namespace PatchContainers.Rollout;

/// <summary>Makes the gates that plans name.</summary>
public sealed class GateFactory
{
    private readonly Func<ScannerChoice, IImageScanner>? _openScanner;
    private readonly TimeProvider _clock;
    private readonly Func<string, string?> _environment;

    /// <summary>Makes a factory.</summary>
    /// <param name="openScanner">Opens what a policy gate scans with; null where there is nothing, and then it is Inconclusive.</param>
    /// <param name="clock">The time.</param>
    /// <param name="environment">Reads the environment variables that gates name for their secrets; null for the process's own.</param>
    public GateFactory(Func<ScannerChoice, IImageScanner>? openScanner, TimeProvider clock, Func<string, string?>? environment = null)
    {
        _openScanner = openScanner;
        _clock = clock;
        _environment = environment ?? Environment.GetEnvironmentVariable;
    }

    /// <summary>The kinds of gates that plans can name.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [PolicyGate.Kind, PrometheusGate.Kind, HttpProbeGate.Kind];

    /// <summary>The settings of a kind; one that ends with a dot stands for all that begin with it.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the kind is not known.</exception>
    public static IReadOnlyList<string> SettingsOf(string kind) => kind switch
    {
        PolicyGate.Kind => PolicyGate.SettingNames,
        PrometheusGate.Kind => PrometheusGate.SettingNames,
        HttpProbeGate.Kind => HttpProbeGate.SettingNames,
        _ => throw new PatchException(PatchErrorCode.InvalidArgument, kind,
            $"'{kind}' is no kind of gate; the kinds are: {string.Join(", ", Kinds)}."),
    };

    /// <summary>Says what is wrong with a gate; null where it can be made. Nothing is asked and no secret is read.</summary>
    public static GateFault? Check(RolloutGate gate)
    {
        try
        {
            new GateFactory(null, TimeProvider.System).Create(gate);
            return null;
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.InvalidArgument)
        {
            return new GateFault(e.Data[SettingReader.DataKey] as string ?? string.Empty, e.Message);
        }
    }

    /// <summary>Makes a gate. Nothing is asked and no secret is read before the gate measures.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the kind is not known, or a setting is
    /// wrong, missing or not known.</exception>
    public IHealthGate Create(RolloutGate gate)
    {
        ArgumentNullException.ThrowIfNull(gate);
        return gate.Kind switch
        {
            PolicyGate.Kind => PolicyGate.Parse(gate, _openScanner, _clock),
            PrometheusGate.Kind => PrometheusGate.Parse(gate, _environment, _clock),
            HttpProbeGate.Kind => HttpProbeGate.Parse(gate, _environment, _clock),
            _ => throw new PatchException(PatchErrorCode.InvalidArgument, gate.Name,
                $"The gate '{gate.Name}' is of the kind '{gate.Kind}'; the kinds are: {string.Join(", ", Kinds)}."),
        };
    }
}

/// <summary>What is wrong with a gate of a plan.</summary>
/// <param name="Setting">The setting that it is about; empty where it is about the gate as a whole.</param>
/// <param name="Message">What is wrong.</param>
public sealed record GateFault(string Setting, string Message);
