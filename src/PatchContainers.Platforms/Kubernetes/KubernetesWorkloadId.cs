using System.Diagnostics.CodeAnalysis;
using static PatchContainers.Inventory.WorkloadIdText;

namespace PatchContainers.Platforms.Kubernetes;

/// <summary>
/// Names one container of one object in a cluster: <c>kubernetes://context/namespace/Deployment/web#app</c>. Names of contexts may hold
/// slashes (cloud providers' do); in the id these are <c>%2F</c>.
/// </summary>
internal sealed record KubernetesWorkloadId(string Context, string Namespace, string Kind, string Name, string Container)
{
    private const string Scheme = "kubernetes://";

    /// <summary>The object without its container, as a sentence names it: <c>Deployment shop/web</c>.</summary>
    public string Object => $"{Kind} {Namespace}/{Name}";

    /// <summary>Reads an id.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it has not this form.</exception>
    public static KubernetesWorkloadId Parse(string text) => TryParse(text, out var id) ? id
        : throw new PatchException(PatchErrorCode.InvalidArgument, text,
            $"'{text}' is not the id of a workload in Kubernetes: that is kubernetes://context/namespace/Deployment/web#app.");

    /// <summary>Reads an id; false where it has not this form.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out KubernetesWorkloadId? id)
    {
        id = null;
        if (!text.StartsWith(Scheme, StringComparison.Ordinal) || text[Scheme.Length..].Split('#') is not [var path, var container]
            || path.Split('/') is not [var context, var space, var kind, var name])
        {
            return false;
        }

        string?[] parts = [Unescape(context), Unescape(space), Unescape(kind), Unescape(name), Unescape(container)];
        if (Array.Exists(parts, string.IsNullOrEmpty))
        {
            return false;
        }

        id = new KubernetesWorkloadId(parts[0]!, parts[1]!, parts[2]!, parts[3]!, parts[4]!);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Scheme}{Escape(Context)}/{Escape(Namespace)}/{Escape(Kind)}/{Escape(Name)}#{Escape(Container)}";
}
