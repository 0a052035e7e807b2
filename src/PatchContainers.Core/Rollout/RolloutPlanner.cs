using PatchContainers.Inventory;

namespace PatchContainers.Rollout;

/// <summary>Works out what a rollout would do. Reads the rings' files, the journals and the quarantine; writes nothing.</summary>
internal sealed class RolloutPlanner(RolloutParts parts, Func<RingTarget, IWorkloadSource> open, IReadOnlyList<RolloutState> rollouts)
{
    public async Task<RolloutPlan> PlanAsync(RolloutRequest request, IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        var definition = request.Plan;
        var isNamed = definition.Name.Length > 0;
        PatchPlanCheck.Run(definition, request);
        var path = isNamed ? definition.Path : FolderOf(definition);
        var rings = RingsOf(request, path);
        var matcher = new UpdateMatcher(request.Updates, notices);
        if (!isNamed)
        {
            CheckIsNoRing(path);
        }

        var evidence = new RolloutEvidence(rollouts, definition.Name, path);
        var names = rings.Select(r => r.Name).ToList();
        var siblings = isNamed ? [] : await ListSiblingsAsync(path, names, cancellationToken).ConfigureAwait(false);
        var order = isNamed ? [.. definition.Rings.Select(r => r.Name)]
            : RingSequence.Resolve(names, definition.RingOrder, evidence.RingOrder, siblings, path);

        var plan = new RolloutPlan
        {
            Name = definition.Name,
            Path = path,
            Rings = rings,
            RingOrder = [.. order],
            Changes = await ListChangesAsync(rings, request.Force, matcher, notices, cancellationToken).ConfigureAwait(false),
            SkippedGates = [.. request.SkipGates],
            OnFailure = definition.OnFailure,
            OnInconclusive = definition.OnInconclusive,
            RollbackScope = definition.RollbackScope,
            SkipRefused = request.SkipRefused,
        };
        ReportUnused(matcher, plan, notices);
        await evidence.LookAsync(order.Except(names), open, cancellationToken).ConfigureAwait(false);
        var promotion = new RolloutPromotion(evidence, await parts.Quarantine.GetAsync(cancellationToken).ConfigureAwait(false));
        var checkedPlan = await CheckAsync(plan, promotion, cancellationToken).ConfigureAwait(false);
        foreach (var doubtful in checkedPlan.Changes.Where(c => c is { Status: ChangeStatus.Planned, Detail.Length: > 0 }))
        {
            notices.Report(new PatchNotice.Warning($"{doubtful.Workload}: {doubtful.Detail}"));
        }

        return checkedPlan with { Fixes = FixesOf(matcher, checkedPlan) };
    }

    private static string FolderOf(PatchPlan plan)
    {
        if (plan.Rings.Select(r => r.Name).FirstOrDefault(r => r.Length == 0 || r is "." or ".." || r.IndexOfAny(['/', '\\', ':']) >= 0)
            is { } bad)
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, bad, $"'{bad}' is not a ring: a ring is the name of a folder "
                + $"directly below '{plan.Path}'.");
        }

        var path = RealPath.Of(plan.Path);
        foreach (var folder in plan.Rings.Select(r => Path.Combine(path, r.Name)))
        {
            if (!Directory.Exists(folder))
            {
                throw new PatchException(PatchErrorCode.NotFound, folder, $"The ring '{Path.GetFileName(folder)}' is to be the folder "
                    + $"'{folder}', and there is none. {FoldersOf(path)}");
            }
        }

        return path;
    }

    private static string FoldersOf(string path)
    {
        try
        {
            var folders = Directory.EnumerateDirectories(path).Select(Path.GetFileName).Where(n => n![0] != '.').Order(StringComparer.Ordinal).Take(8);
            return $"The folders of '{path}' are: {string.Join(", ", folders.DefaultIfEmpty("none"))}.";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"'{path}' cannot be listed: {exception.Message}";
        }
    }

    // The rings that are run, with the gates that are asked, each known to be one that can be made.
    private PatchRing[] RingsOf(RolloutRequest request, string path) =>
        [.. request.Plan.Rings.Where(r => request.Rings.Count == 0 || request.Rings.Contains(r.Name)).Select(ring => ring with
        {
            Targets = request.Plan.Name.Length > 0 ? [.. ring.Targets] : [new RingTarget { Path = Path.Combine(path, ring.Name) }],
            Gates = [.. ring.Gates.Where(g => !request.SkipGates.Contains(g.Name))
                .Select(g => g with { HasBaseline = parts.Gates(g).ComparesWithBaseline })],
        })];

    // Rings below a ring would be first in an order of their own, and let in what has not passed the ring in front.
    private void CheckIsNoRing(string path)
    {
        var above = rollouts.Select(r => r.Plan).FirstOrDefault(p => p.RingOrder.Any(ring => RealPath.IsBelow(path + Path.DirectorySeparatorChar, Path.Combine(p.Path, ring))));
        if (above is not null)
        {
            throw new PatchException(PatchErrorCode.NotPromotable, path,
                $"'{path}' lies in a ring of '{above.Path}' ({string.Join(", ", above.RingOrder)}). Roll out from '{above.Path}', so that the rings in front count.");
        }
    }

    private async Task<IReadOnlyList<string>> ListSiblingsAsync(
        string path, IReadOnlyList<string> rings, CancellationToken cancellationToken)
    {
        var siblings = new List<string>();
        foreach (var folder in Directory.EnumerateDirectories(path).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(folder);
            if (!name.StartsWith('.') && !rings.Contains(name) && await HasWorkloadsAsync(folder, cancellationToken)
                .ConfigureAwait(false))
            {
                siblings.Add(name);
            }
        }

        return siblings;
    }

    private async Task<bool> HasWorkloadsAsync(string folder, CancellationToken cancellationToken)
    {
        // A file that cannot be read may hold a workload: whether the folder is a ring is then not known, and it counts as one.
        var unread = new FailureCollector(null);
        await foreach (var _ in open(new RingTarget { Path = folder }).ListAsync(unread, cancellationToken).ConfigureAwait(false))
        {
            return true;
        }

        return unread.Failures.Count > 0;
    }

    private async Task<IReadOnlyList<RolloutChange>> ListChangesAsync(
        IReadOnlyList<PatchRing> rings, bool force, UpdateMatcher matcher, IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        var changes = new List<RolloutChange>();
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var ring in rings)
        {
            foreach (var target in ring.Targets)
            {
                var unread = new FailureCollector(notices);
                await foreach (var workload in open(target).ListAsync(unread, cancellationToken).ConfigureAwait(false))
                {
                    if (!seen.TryAdd(workload.Id, ring.Name))
                    {
                        if (seen[workload.Id] == ring.Name)
                        {
                            continue;
                        }

                        throw new PatchException(PatchErrorCode.InvalidArgument, workload.Id,
                            $"{workload.Id} is in the ring {seen[workload.Id]} and in the ring {ring.Name}. Choose the rings so that each "
                            + "workload is in one of them.");
                    }

                    if (matcher.Match(workload, ring) is { } change)
                    {
                        changes.Add(LiesOutside(change, target) is { } real && change.Status == ChangeStatus.Planned
                            ? change with { Status = ChangeStatus.Refused, Detail = $"'{change.Path}' is a link to '{real}', outside the "
                                + $"folder of the ring: changing it would change more than {ring.Name}." }
                            : change with { Options = OptionsOf(change.Options, target, force) });
                    }
                    else if (matcher.IsPinnedElsewhere(workload))
                    {
                        notices.Report(new PatchNotice.Warning($"{workload.Id} pins {workload.Image}, another digest than the one that the "
                            + "update replaces. It stays as it is; update that image by its digest."));
                    }
                }

                // What could not be read may name the image too: a ring whose content is not known has not passed.
                changes.AddRange(unread.Failures.Select(fault => new RolloutChange
                {
                    Workload = fault.Target,
                    Platform = string.Empty,
                    Ring = ring.Name,
                    OldImage = string.Empty,
                    NewImage = string.Empty,
                    NewDigest = string.Empty,
                    Status = ChangeStatus.Refused,
                    Detail = fault.Message,
                }));
            }
        }

        return [.. changes];
    }

    private static RolloutChangeOptions OptionsOf(RolloutChangeOptions options, RingTarget target, bool force) => options with
    {
        Force = force,
        Update = target.Update,
        Host = target.Platform == RingTarget.Compose ? target.Context : string.Empty,
        Project = target.Project,
    };

    // One file in two rings would bring to production what was meant for staging.
    private static string? LiesOutside(RolloutChange change, RingTarget target)
    {
        if (change.Path.Length == 0)
        {
            return null;
        }

        var real = RealPath.Of(change.Path);
        var folder = RealPath.Of(target.Path);
        return real == folder || RealPath.IsBelow(real, folder) ? null : real;
    }

    // What one check refuses can take others with it: the ring behind (nothing passed here), or the users of a shared anchor.
    private async Task<RolloutPlan> CheckAsync(RolloutPlan plan, RolloutPromotion promotion, CancellationToken cancellationToken)
    {
        var changes = plan.Changes.ToArray();
        var refusals = changes.Where(c => c.Status == ChangeStatus.Refused)
            .Select(c => new RolloutRefusal(PatchErrorCode.ChangeRefused, c.Workload, c.Ring, c.Detail)).ToList();
        for (var before = -1; refusals.Count > before;)
        {
            before = refusals.Count;
            foreach (var ring in plan.Rings.Select(r => r.Name))
            {
                for (var i = 0; i < changes.Length; i++)
                {
                    if (changes[i].Ring == ring && changes[i].Status != ChangeStatus.Refused
                        && promotion.WhyNot(changes[i], plan with { Changes = changes }) is { } why)
                    {
                        changes[i] = Refuse(changes[i], PatchErrorCode.NotPromotable, why, refusals);
                    }
                }
            }

            await CheckPlatformsAsync(changes, refusals, cancellationToken).ConfigureAwait(false);
        }

        return plan with { Changes = changes, Refusals = [.. refusals] };
    }

    private async Task CheckPlatformsAsync(RolloutChange[] changes, List<RolloutRefusal> refusals, CancellationToken cancellationToken)
    {
        var groups = Enumerable.Range(0, changes.Length).Where(i => changes[i].Status == ChangeStatus.Planned)
            .GroupBy(i => parts.Orchestrators.FirstOrDefault(o => o.CanHandle(changes[i].Platform))).ToList();
        foreach (var group in groups)
        {
            int[] indexes = [.. group];
            if (group.Key is null)
            {
                foreach (var i in indexes)
                {
                    changes[i] = Refuse(changes[i], PatchErrorCode.ChangeRefused, "nothing here makes changes on the platform "
                        + $"'{changes[i].Platform}'.", refusals);
                }

                continue;
            }

            var answers = await group.Key.CheckAsync([.. indexes.Select(i => changes[i])], cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < indexes.Length; i++)
            {
                if (answers[i].Status == ChangeStatus.Refused)
                {
                    changes[indexes[i]] = Refuse(changes[indexes[i]], PatchErrorCode.ChangeRefused, answers[i].Detail, refusals);
                }
                else
                {
                    changes[indexes[i]] = changes[indexes[i]] with { Detail = answers[i].Detail };
                }
            }
        }
    }

    private static RolloutChange Refuse(RolloutChange change, PatchErrorCode code, string reason, List<RolloutRefusal> refusals)
    {
        refusals.Add(new RolloutRefusal(code, change.Workload, change.Ring, reason));
        return change with { Status = ChangeStatus.Refused, Detail = reason };
    }

    private static void ReportUnused(UpdateMatcher matcher, RolloutPlan plan, IProgress<PatchNotice> notices)
    {
        foreach (var update in matcher.Updates.Where(u => plan.Changes.All(c => c.NewDigest != u.NewDigest)))
        {
            notices.Report(new PatchNotice.Warning($"No workload in {string.Join(", ", plan.Rings.Select(r => r.Name))} of '{plan.Scope}' names "
                + $"{update.Image}: there is nothing to change for it."));
        }
    }

    private static Dictionary<string, IReadOnlyList<string>> FixesOf(UpdateMatcher matcher, RolloutPlan plan) => matcher.Updates
        .Where(u => plan.Changes.Any(c => c.NewDigest == u.NewDigest)).GroupBy(u => u.NewDigest, StringComparer.Ordinal)
        .ToDictionary(g => g.Key, g => (IReadOnlyList<string>)[.. g.SelectMany(u => u.Fixed).Select(f => f.Id).Distinct()
            .Order(StringComparer.Ordinal)], StringComparer.Ordinal);

    /// <summary>Keeps failures, and passes on the rest.</summary>
    private sealed class FailureCollector(IProgress<PatchNotice>? rest) : IProgress<PatchNotice>
    {
        public List<PatchException> Failures { get; } = [];

        public void Report(PatchNotice value)
        {
            if (value is PatchNotice.Failure failure)
            {
                Failures.Add(failure.Exception);
            }
            else
            {
                rest?.Report(value);
            }
        }
    }
}
