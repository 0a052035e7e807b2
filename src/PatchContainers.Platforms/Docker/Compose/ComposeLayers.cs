using System.Text.Json;
using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Yaml;

namespace PatchContainers.Platforms.Docker.Compose;

/// <summary>
/// The files that a project was started from, laid over each other, each over those before it (Compose documentation, "Merge Compose
/// files"): <c>compose.override.yaml</c>, and those of <c>-f</c> and <c>COMPOSE_FILE</c>. A container keeps the list that it was made with,
/// and what did not change is not made anew: so each of the project's may tell of one more.
/// </summary>
internal static class ComposeLayers
{
    private const string Files = "com.docker.compose.project.config_files";
    private const string Folder = "com.docker.compose.project.working_dir";

    /// <summary>
    /// Says why an image that is written into a file would be no more than passing; empty where the file is the last that names it, or the
    /// files are not here.
    /// </summary>
    /// <param name="project">The project's containers, as the engine lists them.</param>
    /// <param name="path">The Compose file.</param>
    /// <param name="service">The service.</param>
    /// <param name="limits">How much of a file is read.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException">One of the files cannot be read.</exception>
    public static string RefusalOf(IEnumerable<JsonElement> project, string path, string service, YamlLimits limits,
        CancellationToken cancellationToken)
    {
        var self = RealPath.Of(path);
        var above = project.SelectMany(container => FilesOf(container).SkipWhile(file => file != self).Skip(1)).Distinct().Where(File.Exists);
        return above.FirstOrDefault(file => NamesImage(file, service, limits, cancellationToken)) is { } last
            ? $"'{last}' is laid over '{path}' and names the image of {service}: the next 'up' would bring that one back. Roll out to that "
                + "file, or take the image out of it."
            : string.Empty;
    }

    private static IEnumerable<string> FilesOf(JsonElement container)
    {
        var folder = container.Text("Labels", Folder) ?? string.Empty;
        return (container.Text("Labels", Files) ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(file => Path.Combine(folder, file)).Where(Path.IsPathFullyQualified).Select(RealPath.Of);
    }

    private static bool NamesImage(string file, string service, YamlLimits limits, CancellationToken cancellationToken) =>
        WorkloadFile.Load(file, limits, cancellationToken).Documents.Any(document =>
            document.Root is YamlMapping root && root["services"] is YamlMapping services
            && services[service] is YamlMapping layer && layer.Text("image") is not null);
}
