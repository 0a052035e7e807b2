using System.Text.Json;
using PatchContainers.Images;
using PatchContainers.Scanning.Reports;

namespace PatchContainers.Scanning.Programs;

/// <summary>Trivy's executable, 0.38 and later (Trivy documentation, "image" and "version").</summary>
internal sealed class TrivyProgram : IScannerProgram
{
    /// <inheritdoc/>
    public string Name => "Trivy";

    /// <inheritdoc/>
    public string Command => "trivy";

    /// <inheritdoc/>
    public IReadOnlyList<string> SettingNames { get; } = ["command", "server", "timeout"];

    /// <inheritdoc/>
    public string Variables => "TRIVY_*";

    /// <inheritdoc/>
    public IReportReader Reader { get; } = new TrivyReportReader();

    /// <inheritdoc/>
    public IReadOnlyList<string> VersionArguments { get; } = ["version", "--format", "json"];

    /// <inheritdoc/>
    public ScannerInfo ReadVersion(JsonElement version, ProgramSettings settings) => new()
    {
        Name = Name,
        Version = version.Word("Version"),

        // A server scans with a database of its own, whose age is not told here.
        DatabaseTime = settings.Server.Length > 0 ? null : version.Time("VulnerabilityDB", "UpdatedAt"),
    };

    /// <inheritdoc/>
    public IReadOnlyList<string> Arguments(ScannedSource source, ProgramSettings settings)
    {
        var image = source.Image;
        string[] where = image.Transport switch
        {
            ImageTransport.OciLayout => ["--input", $"{image.Path}@{image.Digest}"],
            ImageTransport.DockerArchive => ["--input", image.Path],
            ImageTransport.DockerDaemon => ["--image-src", "docker", image.Name + (image.Tag is { } tag ? $":{tag}" : string.Empty)],
            _ => ["--image-src", "remote", $"{image.Registry}/{image.Repository}@{image.Digest}"],
        };
        return
        [
            "image", "--format", "json", "--quiet", "--scanners", "vuln", "--list-all-pkgs", "--timeout", DurationText.Format(settings.Timeout),
            .. settings.Server.Length > 0 ? ["--server", settings.Server] : Array.Empty<string>(), .. settings.Arguments, .. where,
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Environment(ScannedSource source)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        if (source.Login is { } login)
        {
            (variables["TRIVY_USERNAME"], variables["TRIVY_PASSWORD"]) = (login.UserName, login.Password);
        }

        if (source.IsInsecure)
        {
            variables["TRIVY_NON_SSL"] = "true";
        }

        return variables;
    }
}
