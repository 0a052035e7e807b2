using System.Collections.Concurrent;
using System.Text.Json;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Stores.Registry;

namespace PatchContainers.Platforms.Kubernetes.Inventory;

/// <summary>
/// Reads the secrets that workloads pull their images with: those that pods name (their service accounts' are among them, admission puts
/// them there), and of objects without pods their own and their service accounts'.
/// </summary>
internal sealed class PullSecretReader(KubernetesClient client, PullSecrets? target, IProgress<PatchNotice> notices)
{
    private readonly ConcurrentDictionary<(string Namespace, string Name), bool> _secrets = new();
    private readonly HashSet<(string Namespace, string Name)> _accounts = [];

    public void Add(string? space, IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            _secrets[(space ?? string.Empty, name)] = true;
        }
    }

    public void Add(WorkloadTemplate template)
    {
        Add(template.Namespace, template.PullSecrets);
        _accounts.Add((template.Namespace, template.ServiceAccount));
    }

    /// <summary>Reads them. One that may not be read, or is not there, is passed over: the registry will say if it was needed.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        if (target is null)
        {
            return;
        }

        foreach (var (space, name) in _accounts)
        {
            if (await ReadAsync(KubernetesResource.ServiceAccounts, space, name, cancellationToken).ConfigureAwait(false) is { } account)
            {
                Add(space, WorkloadTemplate.SecretsOf(account));
            }
        }

        foreach (var (space, name) in _secrets.Keys.Order())
        {
            if (await ReadAsync(KubernetesResource.Secrets, space, name, cancellationToken).ConfigureAwait(false) is not { } secret)
            {
                continue;
            }

            var (key, isLegacy) = secret.Text("type") == "kubernetes.io/dockercfg" ? (".dockercfg", true) : (".dockerconfigjson", false);
            var source = $"secret {space}/{name} (context '{client.Context.Name}')";
            try
            {
                if (secret.At("data", key) is { ValueKind: JsonValueKind.String } data && data.TryGetBytesFromBase64(out var content))
                {
                    target.Add(source, content, isLegacy);
                }
            }
            catch (PatchException e)
            {
                notices.Report(new PatchNotice.Warning(e.Message));
            }
        }
    }

    private async Task<JsonElement?> ReadAsync(KubernetesResource resource, string space, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetAsync(resource, space, name, cancellationToken).ConfigureAwait(false);
        }
        catch (PatchException e) when (e.Code is PatchErrorCode.Forbidden or PatchErrorCode.NotFound)
        {
            notices.Report(new PatchNotice.Verbose($"Images are read without the credentials in {resource.Plural} {space}/{name}: {e.Message}"));
            return null;
        }
    }
}
