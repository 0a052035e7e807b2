namespace PatchContainers.Scanning.Programs;

/// <summary>How a scanner's executable is called, as the settings file says.</summary>
public sealed record ProgramSettings
{
    /// <summary>The program: a path, or a name that the system looks for; empty for the scanner's own name.</summary>
    public string Command { get; init; } = string.Empty;

    /// <summary>Arguments besides ours, before the image.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The address of a server that scans, where the scanner has one (Trivy); empty for none.</summary>
    public string Server { get; init; } = string.Empty;

    /// <summary>How long one scan may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(15);
}
