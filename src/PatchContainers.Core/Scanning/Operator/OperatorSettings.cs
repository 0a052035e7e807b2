using PatchContainers.Endpoints;

namespace PatchContainers.Scanning.Operator;

/// <summary>Where the Trivy Operator's reports are read, as the settings file says.</summary>
/// <param name="Context">The context of the kubeconfig; empty for the one that an image's workloads run in, else the current one.</param>
/// <param name="Namespace">The namespace; empty for all.</param>
internal sealed record OperatorSettings(string Context, string Namespace)
{
    /// <summary>The settings.</summary>
    public static readonly IReadOnlyList<string> SettingNames = ["context", "namespace"];

    /// <summary>Reads the settings.</summary>
    public static OperatorSettings Parse(SettingReader settings) =>
        new(settings.Text("context") ?? string.Empty, settings.Text("namespace") ?? string.Empty);
}
