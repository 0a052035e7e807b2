using PatchContainers.Endpoints;

namespace PatchContainers.Scanning.Programs;

/// <summary>How a scanner's executable is called, as the settings file says.</summary>
internal sealed record ProgramSettings
{
    /// <summary>The setting that is a list.</summary>
    public const string ArgumentsName = "arguments";

    /// <summary>The program: a path, or a name that the system looks for; empty for the scanner's own name.</summary>
    public string Command { get; init; } = string.Empty;

    /// <summary>Arguments besides ours, before the image.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The address of a server that scans, where the scanner has one (Trivy); empty for none.</summary>
    public string Server { get; init; } = string.Empty;

    /// <summary>How long one scan may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Reads the settings.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: one is wrong.</exception>
    public static ProgramSettings Parse(SettingReader settings, IReadOnlyList<string> arguments) => new()
    {
        Command = settings.Text("command") ?? string.Empty,
        Arguments = arguments,
        Server = settings.Text("server") ?? string.Empty,
        Timeout = settings.Duration("timeout", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)) ?? TimeSpan.FromMinutes(15),
    };
}
