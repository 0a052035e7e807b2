using PatchContainers.Platforms.Compose;
using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Yaml;

namespace PatchContainers.Platforms.Docker.Compose;

/// <summary>A Compose file as a project: its name, and which service waits for which.</summary>
internal sealed class ComposeProject
{
    private static readonly string[] SharedNamespaces = ["network_mode", "ipc", "pid"];

    private readonly Dictionary<string, IReadOnlyList<ComposeDependency>> _dependencies = new(StringComparer.Ordinal);
    private readonly string _path;

    private ComposeProject(string path, string name) => (_path, Name) = (path, name);

    /// <summary>The project's name, as its containers' labels have it.</summary>
    public string Name { get; }

    /// <summary>The services, each after those that it waits for.</summary>
    public IReadOnlyList<string> Order { get; private set; } = [];

    /// <summary>What a service waits for; nothing for one that the file does not hold.</summary>
    public IReadOnlyList<ComposeDependency> DependenciesOf(string service) => _dependencies.GetValueOrDefault(service) ?? [];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The Compose file.</param>
    /// <param name="named">The project's name; empty for what Compose would call it.</param>
    /// <param name="limits">How much is read.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is no Compose file, or its services wait for each other
    /// in a circle; <see cref="PatchErrorCode.FileError"/>, <see cref="PatchErrorCode.NotFound"/>: it cannot be read.</exception>
    public static ComposeProject Read(string path, string named, YamlLimits limits, CancellationToken cancellationToken)
    {
        var file = WorkloadFile.Load(path, limits, cancellationToken);
        var roots = file.Documents.Where(ComposeReader.Recognizes).Select(d => (YamlMapping)d.Root).ToArray();
        if (roots is not [var root] || root["services"] is not YamlMapping services)
        {
            throw new PatchException(PatchErrorCode.InvalidData, path, $"'{path}' is no Compose file: it has no 'services' that name images.");
        }

        var variables = new ComposeVariables(path);
        var project = new ComposeProject(path, named.Length > 0 ? named : NameOf(root, variables, path));
        foreach (var entry in services.Effective)
        {
            if (entry.Key is { } name && entry.Value.Resolved is YamlMapping service)
            {
                project._dependencies[name] = [.. Dependencies(service).DistinctBy(d => d.Service)];
            }
        }

        project.Order = project.Sort();
        return project;
    }

    // COMPOSE_PROJECT_NAME, then the file's own name, then its folder's (Compose specification, "name"; Compose documentation, "Specify a
    // project name"). The process's environment is not the one that Compose runs in.
    private static string NameOf(YamlMapping root, ComposeVariables variables, string path)
    {
        if (variables.Sets("COMPOSE_PROJECT_NAME"))
        {
            return variables.ResolveOrKeep("${COMPOSE_PROJECT_NAME}");
        }

        if (root.Text("name") is { Length: > 0 } name)
        {
            return variables.ResolveOrKeep(name);
        }

        var folder = Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path))) ?? string.Empty;
        var kept = new string([.. folder.ToLowerInvariant().Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')]).TrimStart('-', '_');
        return kept.Length > 0 ? kept : throw new PatchException(PatchErrorCode.InvalidData, path,
            $"'{path}' gives its project no name, and its folder has none that Compose would take. Name the project in the plan.");
    }

    private static IEnumerable<ComposeDependency> Dependencies(YamlMapping service)
    {
        switch (service["depends_on"])
        {
            case YamlSequence list:
                foreach (var item in list.Items)
                {
                    if (item.Resolved is YamlScalar { IsNull: false } name)
                    {
                        yield return new ComposeDependency(name.Value, ComposeCondition.Started, true);
                    }
                }

                break;
            case YamlMapping map:
                foreach (var entry in map.Effective)
                {
                    if (entry.Key is { } name)
                    {
                        var settings = entry.Value.Resolved as YamlMapping;
                        yield return new ComposeDependency(name, settings?.Text("condition") switch
                        {
                            "service_healthy" => ComposeCondition.Healthy,
                            "service_completed_successfully" => ComposeCondition.Completed,
                            _ => ComposeCondition.Started,
                        }, settings?.Text("required") != "false");
                    }
                }

                break;
            default:
                break;
        }

        foreach (var name in Texts(service["links"]).Select(link => link.Split(':')[0])
            .Concat(Texts(service["volumes_from"]).Where(v => !v.StartsWith("container:", StringComparison.Ordinal)).Select(v => v.Split(':')[0]))
            .Concat(SharedNamespaces.Select(service.Text).OfType<string>().Where(m => m.StartsWith("service:", StringComparison.Ordinal))
                .Select(m => m["service:".Length..])))
        {
            yield return new ComposeDependency(name, ComposeCondition.Started, true);
        }
    }

    private static IEnumerable<string> Texts(YamlNode? node) => node is YamlSequence list
        ? list.Items.Select(i => i.Resolved).OfType<YamlScalar>().Where(s => !s.IsNull).Select(s => s.Value) : [];

    // Depth first, in the file's order.
    private List<string> Sort()
    {
        var order = new List<string>();
        var onWay = new List<string>();
        foreach (var service in _dependencies.Keys)
        {
            Visit(service);
        }

        return order;

        void Visit(string service)
        {
            if (order.Contains(service))
            {
                return;
            }

            if (onWay.Contains(service))
            {
                throw new PatchException(PatchErrorCode.InvalidData, _path, $"'{_path}': these services wait for each other: "
                    + $"{string.Join(" -> ", onWay.SkipWhile(s => s != service).Append(service))}.");
            }

            onWay.Add(service);
            foreach (var dependency in DependenciesOf(service).Where(d => _dependencies.ContainsKey(d.Service)))
            {
                Visit(dependency.Service);
            }

            onWay.Remove(service);
            order.Add(service);
        }
    }
}
