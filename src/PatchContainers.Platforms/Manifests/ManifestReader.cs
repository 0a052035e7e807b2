using System.Globalization;
using PatchContainers.Images;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Yaml;

namespace PatchContainers.Platforms.Manifests;

/// <summary>
/// Finds the containers in a document of Kubernetes objects. A pod spec is recognised by its shape (a <c>containers</c>,
/// <c>initContainers</c> or <c>ephemeralContainers</c> list), wherever in an object it stands, so that kinds nobody listed here (Rollout,
/// Experiment, an operator's own) are read too.
/// </summary>
internal sealed class ManifestReader(ReadContext context, YamlDocument document)
{
    private static readonly string[] ContainerLists = ["containers", "initContainers", "ephemeralContainers"];

    // In any other kind, a thing of this shape may be a pattern or an example: there, only what is an image reference counts.
    private static readonly HashSet<string> WorkloadKinds = new(StringComparer.Ordinal)
    {
        "Pod", "PodTemplate", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob",
            "DeploymentConfig", "Rollout",
    };

    private int _containers;
    private int _otherImages;

    public void Read()
    {
        if (document.Root is not YamlMapping root || root.Text("apiVersion") is null || root.Text("kind") is null)
        {
            if (document.Root is not YamlScalar { IsNull: true })
            {
                context.Verbose($"'{context.Path}': a document that is no Kubernetes object and no Compose file was passed over.");
            }

            return;
        }

        Visit(root, NodePath.Root(document), null);
        var name = $"{root.Text("kind")}/{KubernetesObject.NameOf(root)}";
        if (_otherImages > 0)
        {
            context.Verbose(string.Create(CultureInfo.InvariantCulture,
                $"'{context.Path}': {name} has {_otherImages} 'image' value(s) outside any container; they are not listed."));
        }
        else if (_containers == 0)
        {
            context.Verbose($"'{context.Path}': {name} has no containers.");
        }
    }

    // As deep as the document with aliases followed: within YamlLimits.MaxDepth.
    private void Visit(YamlNode node, NodePath path, KubernetesObject? owner)
    {
        switch (node.Resolved)
        {
            case YamlMapping mapping:
                VisitMapping(mapping, path, owner);
                break;
            case YamlSequence sequence:
                for (var i = 0; i < sequence.Items.Count; i++)
                {
                    Visit(sequence.Items[i], path.Item(i), owner);
                }

                break;
            default:
                break;
        }
    }

    private void VisitMapping(YamlMapping mapping, NodePath path, KubernetesObject? owner)
    {
        var inner = KubernetesObject.TryRead(mapping, owner);
        VisitEntries(mapping, path, inner ?? owner!, inner is not null);
    }

    private void VisitEntries(YamlMapping mapping, NodePath path, KubernetesObject current, bool isObject)
    {
        foreach (var entry in mapping.Effective)
        {
            var value = entry.Value.Resolved;
            if (entry.Key is not { } key || (isObject && key is "metadata" or "status"))
            {
                continue;
            }

            if (Array.IndexOf(ContainerLists, key) >= 0 && value is YamlSequence containers)
            {
                VisitContainers(containers, key, path.Key(key), current);
            }
            else if (key == "items" && isObject && current.ItemKind is { } itemKind && value is YamlSequence items)
            {
                VisitItems(items, path.Key(key), current, itemKind);
            }
            else
            {
                _otherImages += key == "image" && value is YamlScalar ? 1 : 0;
                Visit(value, path.Key(key), current);
            }
        }
    }

    // The items of a DeploymentList and its like need not say what they are.
    private void VisitItems(YamlSequence items, NodePath path, KubernetesObject list, string itemKind)
    {
        for (var i = 0; i < items.Items.Count; i++)
        {
            if (items.Items[i].Resolved is YamlMapping item)
            {
                VisitEntries(item, path.Item(i), KubernetesObject.Of(item, item.Text("kind") ?? itemKind, list), isObject: true);
            }
        }
    }

    private void VisitContainers(YamlSequence containers, string list, NodePath path, KubernetesObject owner)
    {
        for (var i = 0; i < containers.Items.Count; i++)
        {
            if (containers.Items[i].Resolved is not YamlMapping container)
            {
                continue;
            }

            if (container["image"] is not { } image || image is YamlScalar { IsNull: true } or YamlScalar { Value: "" })
            {
                context.Verbose(string.Create(CultureInfo.InvariantCulture,
                    $"'{context.Path}' line {container.Line}: a container of {owner.Kind}/{owner.Name} names no image."));
                continue;
            }

            _containers++;
            var name = container.Text("name") ?? string.Create(CultureInfo.InvariantCulture, $"{list}[{i}]");
            Bind(image, name, path.Item(i).Key("image").ToString(), owner);
        }
    }

    private void Bind(YamlNode image, string container, string path, KubernetesObject owner)
    {
        var scalar = image as YamlScalar;
        var text = scalar is null ? string.Empty : scalar.Value.Trim();
        var (resolved, fault, editFault) = scalar is null
            ? (string.Empty, "its image is no string: a template that is not rendered yet, or a mistake", string.Empty)
            : owner.Resolve(text);
        if (fault.Length == 0 && !WorkloadKinds.Contains(owner.Kind) && !ImageReference.TryParse(resolved, out _, out _))
        {
            context.Verbose(string.Create(CultureInfo.InvariantCulture,
                $"'{context.Path}' line {image.Line}: '{text}' in {owner.Kind}/{owner.Name} is no image reference; it is not listed."));
            return;
        }

        context.Bindings.Add(new ImageBinding
        {
            Workload = new Workload
            {
                Id = context.Ids.Manifest(owner.Namespace, owner.Kind, owner.Name, container),
                Platform = FilePlatforms.Manifest,
                Namespace = owner.Namespace,
                Kind = owner.Kind,
                Name = owner.Name,
                Container = container,
                Image = fault.Length == 0 ? resolved : text,
                Labels = owner.Labels,
                Path = context.Path,
            },
            Document = document,
            Path = path,
            Line = image.Line,
            Origin = scalar,
            Fault = fault,
            EditFault = editFault,
        });
    }
}
