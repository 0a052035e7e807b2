using System.Globalization;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Yaml;

namespace PatchContainers.Platforms.Compose;

/// <summary>
/// Finds the services of a Compose file (Compose specification, "Services"). Profiles hide nothing; variables are resolved from the
/// <c>.env</c> file beside it and from defaults, never from this process's environment, which is not the one that Compose will run in.
/// </summary>
internal sealed class ComposeReader
{
    private readonly ReadContext _context;
    private readonly YamlDocument _document;
    private readonly ComposeVariables _variables;
    private readonly ComposeImages _images;

    public ComposeReader(ReadContext context, YamlDocument document)
    {
        _context = context;
        _document = document;
        _variables = new ComposeVariables(context.Path);
        _images = new ComposeImages(context, document, _variables);
    }

    /// <summary>
    /// Whether a document is a Compose file: <c>services</c> at its top, and at least one of them is made from an image, a build or
    /// another service.
    /// </summary>
    public static bool Recognizes(YamlDocument document) => document.Root is YamlMapping root && root["apiVersion"] is null
        && root["kind"] is null
        && root["services"] is YamlMapping services
        && services.Effective.Any(entry => entry.Value.Resolved is YamlMapping service
            && (service["image"] ?? service["build"] ?? service["extends"]) is not null);

    /// <summary>Whether a document is in the form from before 2015, services at its top, which Compose itself no longer reads.</summary>
    public static bool IsVersion1(string path, YamlDocument document) => document.Root is YamlMapping root && root["services"] is null
        && root["apiVersion"] is null
        && Path.GetFileName(path).Contains("compose", StringComparison.OrdinalIgnoreCase)
        && root.Effective.Any(entry => entry.Key?.StartsWith("x-", StringComparison.Ordinal) == false
            && entry.Value.Resolved is YamlMapping service && service.Text("image") is not null);

    public void Read(CancellationToken cancellationToken)
    {
        var root = (YamlMapping)_document.Root;
        if (root["include"] is not null)
        {
            _context.Verbose($"'{_context.Path}' includes other Compose files. They are listed if they lie below the folder named.");
        }

        var services = (YamlMapping)root["services"]!;
        WarnOfOverride(services);
        foreach (var entry in services.Effective)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (entry.Key is { } name && entry.Value.Resolved is YamlMapping service)
            {
                ReadService(name, service, entry.KeyNode.Line, cancellationToken);
            }
        }
    }

    // Compose lays compose.override.yaml over compose.yaml by itself (Compose documentation, "Merge Compose files").
    private void WarnOfOverride(YamlMapping services)
    {
        var name = Path.GetFileName(_context.Path);
        var at = name.IndexOf(".override.", StringComparison.Ordinal);
        var folder = Path.GetDirectoryName(_context.Path) ?? string.Empty;
        if (at < 0 || name[..at] is not ("compose" or "docker-compose")
            || Array.Find([".yaml", ".yml"], extension => File.Exists(Path.Combine(folder, name[..at] + extension))) is not { } extension)
        {
            return;
        }

        var named = services.Effective.Where(entry => entry.Value.Resolved is YamlMapping service && service.Text("image") is not null)
            .Select(entry => entry.Key).ToArray();
        if (named.Length > 0)
        {
            _context.Warn($"'{_context.Path}' is laid over '{name[..at]}{extension}' by Compose: of {string.Join(", ", named)}, the image "
                + "here is the one that runs. Both files are listed.");
        }
    }

    private void ReadService(string name, YamlMapping service, int line, CancellationToken cancellationToken)
    {
        var image = _images.Find(name, service, cancellationToken);
        if (image is null)
        {
            var why = service["build"] is not null ? "is built, and names no image" : "names no image";
            _context.Verbose(string.Create(CultureInfo.InvariantCulture,
                $"'{_context.Path}' line {line}: the service '{name}' {why}; it is not listed."));
            return;
        }

        _context.Bindings.Add(new ImageBinding
        {
            Workload = new Workload
            {
                Id = _context.Ids.Compose(name),
                Platform = FilePlatforms.Compose,
                Kind = "Service",
                Name = name,
                Image = image.Text,
                Labels = LabelsOf(service["labels"]),
                Path = _context.Path,
            },
            Document = _document,
            Path = NodePath.Root(_document).Key("services").Key(name).Key("image").ToString(),
            Line = image.Line,
            Origin = image.Origin,
            Fault = image.Fault,
            EditFault = image.EditFault,
        });
    }

    // Labels are a mapping, or a list of KEY=VALUE (Compose specification, "labels").
    private Dictionary<string, string> LabelsOf(YamlNode? node)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        switch (node)
        {
            case YamlMapping mapping:
                foreach (var entry in mapping.Effective)
                {
                    if (entry.Key is { } key && entry.Value.Resolved is YamlScalar value)
                    {
                        labels[key] = value.IsNull ? string.Empty : _variables.ResolveOrKeep(value.Value);
                    }
                }

                break;
            case YamlSequence list:
                foreach (var item in list.Items)
                {
                    if (item.Resolved is YamlScalar label)
                    {
                        var text = _variables.ResolveOrKeep(label.Value);
                        var equals = text.IndexOf('=', StringComparison.Ordinal);
                        labels[equals < 0 ? text : text[..equals]] = equals < 0 ? string.Empty : text[(equals + 1)..];
                    }
                }

                break;
            default:
                break;
        }

        return labels;
    }
}
