using System.Net.Sockets;
using System.Reflection;
using System.Runtime.InteropServices;
using PatchContainers.Inventory;
using PatchContainers.Rollout.Journal;
using PatchContainers.Stores.Registry;

namespace PatchContainers;

/// <summary>Looks at what surrounds a run. It changes nothing, sends no credentials and follows no redirect.</summary>
internal sealed class EnvironmentProbe(PatchServices services)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<PatchEnvironment> ReadAsync(KubernetesInventoryOptions? kubernetes, string host, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        var registries = await Task.WhenAll(Registries().Select(r => r(cancellationToken))).ConfigureAwait(false);
        var engine = await services.Platforms.ProbeEngineAsync(host, services.TimeProvider, cancellationToken).ConfigureAwait(false);
        problems.AddRange(registries.Where(r => !r.IsReachable)
            .Select(r => $"The registry {r.Name} ({r.Address}) does not answer: {r.Detail}"));
        if (host.Length > 0 && !engine.IsReachable)
        {
            problems.Add($"The engine {host} cannot be used: {engine.Detail}");
        }

        var clusters = await ProbeClustersAsync(kubernetes, problems, cancellationToken).ConfigureAwait(false);
        var advisories = services.AdvisoryCatalog.List(new Faults(problems));
        if (advisories.Count == 0)
        {
            problems.Add("There are no advisories: images cannot be scanned. "
                + "Import some (Update-AdvisoryDatabase, or patchcontainers advisories update).");
        }

        var head = await ReadHeadAsync(problems, cancellationToken).ConfigureAwait(false);
        var now = services.TimeProvider.GetUtcNow();
        var settings = services.SettingsFile;
        return new PatchEnvironment
        {
            Version = typeof(EnvironmentProbe).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
            Runtime = RuntimeInformation.FrameworkDescription,
            OperatingSystem = RuntimeInformation.OSDescription,
            StatePath = services.State.Root,
            SettingsFile = File.Exists(settings) ? settings : string.Empty,
            HistoryPath = services.State.History,
            HistoryHead = head,
            Advisories = advisories.Select(a => new AdvisoryDatabaseInfo
            {
                Ecosystem = a.Name,
                Count = a.Records,
                Time = a.DatabaseTime,
                AgeDays = (int)(now - a.DatabaseTime).TotalDays,
            }).ToArray(),
            Registries = registries,
            Engines = [engine],
            Clusters = clusters,
            Problems = problems.ToArray(),
        };
    }

    private async Task<IReadOnlyList<ClusterInfo>> ProbeClustersAsync(KubernetesInventoryOptions? kubernetes, List<string> problems,
        CancellationToken cancellationToken)
    {
        if (kubernetes is null)
        {
            return [];
        }

        var clusters = (await services.Platforms.ProbeKubernetesAsync(kubernetes with { TimeProvider = services.TimeProvider }, cancellationToken)
            .ConfigureAwait(false)).ToList();
        if (StateStoreAddress.Parse(services.StateStore) is { } store)
        {
            var state = await services.Platforms.ProbeKubernetesStateAsync(store.Context, store.Namespace, services.TimeProvider, cancellationToken)
                .ConfigureAwait(false);
            if (clusters.FindIndex(c => c.Context == state.Context) is >= 0 and var known)
            {
                clusters[known] = clusters[known] with { Rights = clusters[known].Rights.Concat(state.Rights).ToArray() };
            }
            else
            {
                clusters.Add(state);
            }
        }

        problems.AddRange(clusters.Where(c => !c.IsReachable).Select(c => $"The cluster of context '{c.Context}' cannot be used: {c.Detail}"));
        foreach (var missing in clusters.SelectMany(c => c.Rights.Where(r => !r.IsAllowed).GroupBy(r => (c.Context, r.Namespace, r.Purpose))))
        {
            var place = missing.Key.Namespace.Length > 0 ? $"namespace {missing.Key.Namespace}" : "all namespaces";
            problems.Add($"The account of context '{missing.Key.Context}' lacks rights in {place} for {missing.Key.Purpose}: "
                + string.Join(", ", missing.Select(r => r.Right)) + ".");
        }

        return clusters.ToArray();
    }

    private async Task<string> ReadHeadAsync(List<string> problems, CancellationToken cancellationToken)
    {
        if (!File.Exists(services.State.History))
        {
            return string.Empty;
        }

        try
        {
            return (await services.History.ReadHeadAsync(cancellationToken).ConfigureAwait(false)).ToString();
        }
        catch (PatchException e)
        {
            problems.Add(e.Message);
            return string.Empty;
        }
    }

    private IEnumerable<Func<CancellationToken, Task<EndpointInfo>>> Registries()
    {
        var options = services.StoreOptions;
        foreach (var (host, target) in options.RegistryMap.OrderBy(r => r.Key, StringComparer.Ordinal))
        {
            yield return _ => Task.FromResult(ProbeFolder(host, target));
        }

        var hosts = new RegistryHosts(options.InsecureRegistries, options.AllowedTokenHosts);
        foreach (var host in options.InsecureRegistries.Union(options.Credentials.Keys, StringComparer.OrdinalIgnoreCase)
            .Except(options.RegistryMap.Keys, StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal))
        {
            yield return token => ProbeRegistryAsync(host, hosts.ApiOf(host), token);
        }
    }

    private static EndpointInfo ProbeFolder(string host, string target)
    {
        var folder = target.StartsWith("oci:", StringComparison.Ordinal) ? target[4..] : target;
        var exists = Directory.Exists(folder);
        return new EndpointInfo
        {
            Name = host,
            Address = target,
            IsReachable = exists,
            Detail = exists ? "a folder" : $"the folder {folder} does not exist.",
        };
    }

    private static async Task<EndpointInfo> ProbeRegistryAsync(string host, Uri address, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = Patience };
        return await AskAsync(handler, host, address, address.ToString(), cancellationToken).ConfigureAwait(false);
    }

    private static async Task<EndpointInfo> AskAsync(
        SocketsHttpHandler handler, string name, Uri address, string shown, CancellationToken cancellationToken)
    {
        var answer = new EndpointInfo { Name = name, Address = shown };
        using var client = new HttpClient(handler, disposeHandler: false) { Timeout = Patience };
        try
        {
            using var response = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
                .ConfigureAwait(false);
            return answer with { IsReachable = true, Detail = $"it answers (HTTP {(int)response.StatusCode})." };
        }
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            return answer with { Detail = e.Message };
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return answer with { Detail = $"no answer in {Patience.TotalSeconds:0} seconds." };
        }
    }

    private sealed class Faults(List<string> problems) : IProgress<PatchNotice>
    {
        public void Report(PatchNotice value)
        {
            if (value is PatchNotice.Failure failure)
            {
                problems.Add(failure.Exception.Message);
            }
        }
    }
}
