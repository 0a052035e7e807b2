using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Kubernetes.Client;

namespace PatchContainers.Platforms.Kubernetes.Inventory;

/// <summary>
/// The workloads of one cluster. Pods belong to what made them: a Deployment's over its ReplicaSets, a CronJob's over its Jobs. What an
/// operator of one's own made is listed by its pods, under the operator's kind.
/// </summary>
internal sealed class ClusterInventory(KubernetesClient client, KubernetesInventoryOptions options, IProgress<PatchNotice> notices)
{
    private const string Activity = "Listing workloads";

    private KubernetesClient Client => client;

    private KubernetesInventoryOptions Options => options;

    private IProgress<PatchNotice> Notices => notices;

    public async IAsyncEnumerable<Workload> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using (client)
        {
            var secrets = new PullSecretReader(client, options.PullSecrets, notices);
            string?[] spaces = options.Namespaces.Count > 0 ? [.. options.Namespaces.Distinct(StringComparer.Ordinal)] : [null];
            foreach (var space in spaces)
            {
                await foreach (var workload in new Scope(this, space, secrets).ListAsync(cancellationToken).ConfigureAwait(false))
                {
                    yield return workload;
                }
            }

            await secrets.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private bool Takes(string kind) => options.Kinds.Count == 0 || options.Kinds.Contains(kind, StringComparer.OrdinalIgnoreCase);

    /// <summary>One namespace, or all.</summary>
    private sealed class Scope(ClusterInventory cluster, string? space, PullSecretReader secrets)
    {
        private static readonly KubernetesResource[] Standard =
        [
            KubernetesResource.Deployments, KubernetesResource.StatefulSets, KubernetesResource.DaemonSets, KubernetesResource.CronJobs,
            KubernetesResource.Jobs, KubernetesResource.ReplicaSets, KubernetesResource.Pods,
        ];

        // What is between a pod and its workload, and may be a workload itself.
        private readonly Dictionary<string, KubernetesOwner> _parents = new(StringComparer.Ordinal);
        private readonly Dictionary<string, List<WorkloadTemplate>> _orphans = new(StringComparer.Ordinal);
        private readonly Dictionary<string, OwnedPods> _pods = new(StringComparer.Ordinal);
        private readonly HashSet<string> _failed = new(StringComparer.Ordinal);

        // An operator's object may have made several with containers of one name: ~2, ~3, as in files.
        private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);

        public async IAsyncEnumerable<Workload> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            var others = cluster.Takes("Deployment") || cluster.Takes("ReplicaSet") || HasOtherKinds;
            var jobs = cluster.Takes("CronJob") || cluster.Takes("Job") || HasOtherKinds;
            await Task.WhenAll(
                ReadPodsAsync(cancellationToken),
                others ? ReadBetweenAsync(KubernetesResource.ReplicaSets, cancellationToken) : Task.CompletedTask,
                jobs ? ReadBetweenAsync(KubernetesResource.Jobs, cancellationToken) : Task.CompletedTask).ConfigureAwait(false);
            var workloads = RollUp();
            foreach (var resource in Standard)
            {
                if (!cluster.Takes(resource.Kind))
                {
                    continue;
                }

                if (_orphans.TryGetValue(resource.Kind, out var orphans))
                {
                    foreach (var workload in orphans.SelectMany(template => Workloads(template, workloads.GetValueOrDefault(template.Uid))))
                    {
                        yield return workload;
                    }
                }
                else if (resource != KubernetesResource.Pods && resource != KubernetesResource.ReplicaSets && resource != KubernetesResource.Jobs)
                {
                    var served = resource == KubernetesResource.CronJobs
                        ? await cluster.Client.CronJobsAsync(cancellationToken).ConfigureAwait(false) : resource;
                    await foreach (var item in ListAsync(served, cluster.Options.Selector, cancellationToken).ConfigureAwait(false))
                    {
                        if (WorkloadTemplate.Read(item, resource.Kind) is { } template)
                        {
                            foreach (var workload in Workloads(template, workloads.GetValueOrDefault(template.Uid)))
                            {
                                yield return workload;
                            }
                        }
                    }
                }
            }

            foreach (var pods in workloads.Values.Where(IsOther).OrderBy(p => p.Namespace, StringComparer.Ordinal)
                .ThenBy(p => p.Owner.Kind, StringComparer.Ordinal).ThenBy(p => p.Owner.Name, StringComparer.Ordinal))
            {
                foreach (var (container, image) in pods.Containers)
                {
                    yield return Make(pods.Owner.Kind, pods.Namespace, pods.Owner.Name, container, image, pods, new Dictionary<string, string>());
                }
            }
        }

        private bool HasOtherKinds => cluster.Options.Kinds.Any(kind => !Standard.Any(s => s.Kind.Equals(kind, StringComparison.OrdinalIgnoreCase)));

        // An operator's, or of a kind that could not be listed: its pods are all that is known.
        private bool IsOther(OwnedPods pods) => cluster.Takes(pods.Owner.Kind)
            && (_failed.Contains(pods.Owner.Kind) || !Array.Exists(Standard, s => s.Kind == pods.Owner.Kind))
            && (cluster.Options.Selector.Length == 0 || pods.IsSelected);

        private async Task ReadPodsAsync(CancellationToken cancellationToken)
        {
            var selected = await SelectedAsync(KubernetesResource.Pods, cancellationToken).ConfigureAwait(false);
            var bare = new List<WorkloadTemplate>();
            lock (_parents)
            {
                _orphans["Pod"] = bare;
            }

            var count = 0;
            await foreach (var pod in ListAsync(KubernetesResource.Pods, string.Empty, cancellationToken).ConfigureAwait(false))
            {
                if (++count % 500 == 0)
                {
                    cluster.Notices.Report(new PatchNotice.Progress(Activity, $"{cluster.Client.Context.Name}: {count} pods", null));
                }

                var isSelected = selected?.Contains(pod.Text("metadata", "uid") ?? string.Empty) ?? true;
                if (pod.At("spec") is { } spec)
                {
                    secrets.Add(pod.Text("metadata", "namespace"), WorkloadTemplate.SecretsOf(spec));
                }

                if (KubernetesOwner.Of(pod) is { } owner)
                {
                    Pods(owner, pod.Text("metadata", "namespace") ?? string.Empty).Add(pod, isSelected);
                }
                else if (isSelected && cluster.Takes("Pod") && WorkloadTemplate.Read(pod, "Pod") is { } template)
                {
                    bare.Add(template);
                    Pods(new KubernetesOwner("Pod", template.Name, template.Uid), template.Namespace).Add(pod, isSelected);
                }
            }
        }

        private async Task ReadBetweenAsync(KubernetesResource resource, CancellationToken cancellationToken)
        {
            var selected = await SelectedAsync(resource, cancellationToken).ConfigureAwait(false);
            var orphans = new List<WorkloadTemplate>();
            var parents = new List<(string Uid, KubernetesOwner Owner)>();
            await foreach (var item in ListAsync(resource, string.Empty, cancellationToken).ConfigureAwait(false))
            {
                var uid = item.Text("metadata", "uid") ?? string.Empty;
                if (KubernetesOwner.Of(item) is { } owner)
                {
                    parents.Add((uid, owner));
                }
                else if (selected?.Contains(uid) != false && WorkloadTemplate.Read(item, resource.Kind) is { } template)
                {
                    orphans.Add(template);
                }
            }

            lock (_parents)
            {
                parents.ForEach(parent => _parents[parent.Uid] = parent.Owner);
                _orphans[resource.Kind] = orphans;
            }
        }

        // The objects between and bare pods are all read, to know what belongs to what; which of them the selector takes is the server's word.
        private async Task<HashSet<string>?> SelectedAsync(KubernetesResource resource, CancellationToken cancellationToken)
        {
            if (cluster.Options.Selector.Length == 0)
            {
                return null;
            }

            var selected = new HashSet<string>(StringComparer.Ordinal);
            await foreach (var item in ListAsync(resource, cluster.Options.Selector, cancellationToken).ConfigureAwait(false))
            {
                selected.Add(item.Text("metadata", "uid") ?? string.Empty);
            }

            return selected;
        }

        private async IAsyncEnumerable<JsonElement> ListAsync(KubernetesResource resource, string selector,
            [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            var items = cluster.Client.ListAsync(resource, space, selector, null, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using (items.ConfigureAwait(false))
            {
                while (true)
                {
                    try
                    {
                        if (!await items.MoveNextAsync().ConfigureAwait(false))
                        {
                            yield break;
                        }
                    }
                    catch (PatchException e) when (e.Code is PatchErrorCode.Forbidden or PatchErrorCode.NotFound)
                    {
                        Fail(resource, e);
                        yield break;
                    }

                    yield return items.Current;
                }
            }
        }

        private void Fail(KubernetesResource resource, PatchException e)
        {
            lock (_failed)
            {
                if (!_failed.Add(resource.Kind))
                {
                    return;
                }
            }

            cluster.Notices.Report(new PatchNotice.Failure(e.Code == PatchErrorCode.Forbidden && space is null
                ? new PatchException(e.Code, e.Target, $"{e.Message} Or name the namespaces to list.", e) : e));
        }

        private OwnedPods Pods(KubernetesOwner owner, string ns)
        {
            if (!_pods.TryGetValue(owner.Uid, out var pods))
            {
                pods = _pods[owner.Uid] = new OwnedPods(owner, ns);
            }

            return pods;
        }

        private Dictionary<string, OwnedPods> RollUp()
        {
            var workloads = new Dictionary<string, OwnedPods>(StringComparer.Ordinal);
            foreach (var pods in _pods.Values)
            {
                var top = pods.Owner;
                for (var height = 0; height < 8 && _parents.TryGetValue(top.Uid, out var parent); height++)
                {
                    top = parent;
                }

                if (!workloads.TryGetValue(top.Uid, out var all))
                {
                    all = workloads[top.Uid] = new OwnedPods(top, pods.Namespace);
                }

                all.Merge(pods);
            }

            return workloads;
        }

        private IEnumerable<Workload> Workloads(WorkloadTemplate template, OwnedPods? pods)
        {
            if (pods is null)
            {
                secrets.Add(template);
            }

            // What an operator made, it would put back: the operator's object is the one to change.
            var (kind, name) = template.Owner is { } owner ? (owner.Kind, owner.Name) : (template.Kind, template.Name);
            var known = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (container, image) in template.Containers)
            {
                known.Add(container);
                yield return Make(kind, template.Namespace, name, container, image, pods, template.Labels);
            }

            // What admission puts beside them (a mesh's proxy) runs all the same.
            foreach (var (container, image) in pods?.Containers.Where(c => known.Add(c.Key)) ?? [])
            {
                yield return Make(kind, template.Namespace, name, container, image, pods, template.Labels);
            }
        }

        private Workload Make(string kind, string ns, string name, string container, string image, OwnedPods? pods,
            IReadOnlyDictionary<string, string> labels)
        {
            var id = new KubernetesWorkloadId(cluster.Client.Context.Name, ns, kind, name, container).ToString();
            var count = _ids[id] = _ids.GetValueOrDefault(id) + 1;
            return new Workload
            {
                Id = count == 1 ? id : string.Create(CultureInfo.InvariantCulture, $"{id}~{count}"),
                Platform = "Kubernetes",
                Context = cluster.Client.Context.Name,
                Namespace = ns,
                Kind = kind,
                Name = name,
                Container = container,
                Image = image,
                RunningDigests = pods?.DigestsOf(container, image) ?? [],
                Labels = labels,
            };
        }
    }
}
