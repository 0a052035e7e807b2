using System.Text.Json;
using PatchContainers.Images;
using PatchContainers.Scanning.Reports;

namespace PatchContainers.Scanning.Programs;

/// <summary>Grype's executable (Grype documentation, "Supported sources" and "Private registry authentication").</summary>
internal sealed class GrypeProgram : IScannerProgram
{
    /// <inheritdoc/>
    public string Name => "Grype";

    /// <inheritdoc/>
    public string Command => "grype";

    /// <inheritdoc/>
    public IReadOnlyList<string> SettingNames { get; } = ["command", "timeout"];

    /// <inheritdoc/>
    public string Variables => "GRYPE_*";

    /// <inheritdoc/>
    public IReportReader Reader { get; } = new GrypeReportReader();

    /// <inheritdoc/>
    public IReadOnlyList<string> VersionArguments { get; } = [];

    /// <inheritdoc/>
    public ScannerInfo ReadVersion(JsonElement version, ProgramSettings settings) => new() { Name = Name };

    /// <inheritdoc/>
    public IReadOnlyList<string> Arguments(ScannedSource source, ProgramSettings settings)
    {
        var image = source.Image;
        var where = image.Transport switch
        {
            ImageTransport.OciLayout => throw new PatchException(PatchErrorCode.NotSupported, image.ToString(),
                $"Grype takes the first image of an OCI layout, whichever that is, and '{image.Path}' may hold several. Copy the image into a "
                    + "registry or an archive, or scan it with Trivy or the embedded scanner."),
            ImageTransport.DockerArchive => $"docker-archive:{image.Path}",
            ImageTransport.DockerDaemon => $"docker:{image.Name}{(image.Tag is { } tag ? $":{tag}" : string.Empty)}",
            _ => $"registry:{image.Registry}/{image.Repository}@{image.Digest}",
        };
        return ["--output", "json", "--quiet", .. settings.Arguments, where];
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Environment(ScannedSource source)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["GRYPE_CHECK_FOR_APP_UPDATE"] = "false" };
        if (source.Login is { } login)
        {
            variables["GRYPE_REGISTRY_AUTH_AUTHORITY"] = source.Image.Registry;
            (variables["GRYPE_REGISTRY_AUTH_USERNAME"], variables["GRYPE_REGISTRY_AUTH_PASSWORD"]) = (login.UserName, login.Password);
        }

        if (source.IsInsecure)
        {
            variables["GRYPE_REGISTRY_INSECURE_USE_HTTP"] = "true";
        }

        return variables;
    }
}
