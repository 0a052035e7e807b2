using PatchContainers.Inventory;
using PatchContainers.Rollout.Windows;

namespace PatchContainers.Rollout.Plans;

/// <summary>Reads plan files, explains them, and finds what is wrong with them.</summary>
public sealed class PatchPlanService
{
    private readonly Func<string, PatchPlanFile> _read;
    private readonly Func<RingTarget, IWorkloadSource> _open;

    /// <summary>Makes a service.</summary>
    /// <param name="read">Reads a file.</param>
    /// <param name="open">Lists a target's workloads.</param>
    public PatchPlanService(Func<string, PatchPlanFile> read, Func<RingTarget, IWorkloadSource> open)
    {
        _read = read;
        _open = open;
    }

    /// <summary>Reads a plan that is to be followed.</summary>
    /// <exception cref="PatchException">
    /// <see cref="PatchErrorCode.NotFound"/>, <see cref="PatchErrorCode.FileError"/>; <see cref="PatchErrorCode.InvalidData"/>: it is no
    /// valid plan, and the message says where.
    /// </exception>
    public PatchPlan Read(string path) => _read(path).ToPlan();

    /// <summary>Says of each ring of a plan whether it may begin at an instant, and when that changes.</summary>
    /// <param name="path">The plan file.</param>
    /// <param name="rings">The rings that are asked about; all where none is named.</param>
    /// <param name="at">The instant.</param>
    /// <param name="duration">How long the work takes that is to fit; null for what each ring gives a portion, its timeout and its
    /// canary's soak, without which a rollout does not begin one.</param>
    /// <exception cref="PatchException">As <see cref="Read"/>; <see cref="PatchErrorCode.InvalidArgument"/>: it has no such ring, or the
    /// instant is after the year 8998.</exception>
    public IReadOnlyList<WindowState> Windows(string path, IReadOnlyList<string> rings, DateTimeOffset at, TimeSpan? duration)
    {
        ArgumentNullException.ThrowIfNull(rings);
        var plan = Read(path);
        PatchPlanCheck.CheckRings(plan, rings);
        return [.. plan.Rings.Where(r => rings.Count == 0 || rings.Contains(r.Name)).Select(r => PatchWindows.Parse(r.Windows, r.Freezes)
            .Evaluate(at, duration ?? r.Timeout + r.CanarySoak) with { Ring = r.Name })];
    }

    /// <summary>
    /// Explains a plan ring by ring, and finds every fault that can be found without an update to roll out. The targets are looked at;
    /// nothing is written, and no gate is asked.
    /// </summary>
    /// <param name="path">The plan file.</param>
    /// <param name="notices">Takes progress.</param>
    /// <param name="cancellationToken">Cancels the look at the targets.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>, <see cref="PatchErrorCode.FileError"/>: there is no file
    /// to read.</exception>
    public async Task<PatchPlanReport> CheckAsync(string path, IProgress<PatchNotice> notices, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(notices);
        var file = _read(path);
        if (file.Plan is not { } plan)
        {
            return new PatchPlanReport { Path = file.Path, Name = file.Name, Faults = file.Faults, Warnings = file.Warnings };
        }

        var look = new TargetLook(file, _open, notices);
        await look.LookAsync(cancellationToken).ConfigureAwait(false);
        var rings = plan.Rings.Select((ring, i) => RingWords.Of(plan, ring, look.Workloads[i])).ToArray();
        return new PatchPlanReport
        {
            Path = file.Path,
            Name = plan.Name,
            IsValid = look.Faults.Count == 0,
            Faults = [.. look.Faults.OrderBy(f => f.Line)],
            Warnings = [.. file.Warnings.Concat(PlanDoubts.Of(file, plan)).Concat(look.Warnings).OrderBy(f => f.Line)],
            Rings = rings,
            OnFailure = RingWords.OnFailure(plan),
            OnInconclusive = RingWords.OnInconclusive(plan),
            AtLeast = rings.Aggregate(TimeSpan.Zero, (sum, ring) => sum + ring.AtLeast),
        };
    }
}
