using PatchContainers.History;
using PatchContainers.Layers;
using PatchContainers.Scanning;
using PatchContainers.Stores;

namespace PatchContainers.Updating;

/// <summary>Moves images to their current base, and proves what that fixed. Plan, ask, apply.</summary>
public sealed class BaseImageUpdater
{
    /// <summary>Makes an updater for one run.</summary>
    /// <param name="store">Where images are.</param>
    /// <param name="layers">Where layers are read, through the cache.</param>
    /// <param name="scanner">What proves the fixes; null where none is there, and then no fix is claimed.</param>
    /// <param name="clock">The time, for the history.</param>
    /// <param name="history">Where decisions are recorded; null for nowhere.</param>
    public BaseImageUpdater(IImageStore store, LayerSource layers, IImageScanner? scanner, TimeProvider clock, IHistoryStore? history = null) =>
        _ = (store, layers, scanner, clock, history);

    /// <summary>Plans one image. Nothing is written.</summary>
    /// <param name="target">The image; see <see cref="UpdateTarget.Merge"/> for several records of one.</param>
    /// <param name="options">How.</param>
    /// <param name="notices">Takes what is to be said besides the plan.</param>
    /// <param name="cancellationToken">Cancels the planning.</param>
    /// <exception cref="PatchException">The image cannot be read, or the strategy is not there yet (<see cref="PatchErrorCode.NotSupported"/>).</exception>
    public Task<UpdatePlan> PlanAsync(
        UpdateTarget target, BaseImageUpdateOptions options, IProgress<PatchNotice> notices, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>
    /// Writes what was planned, reads it back, rescans it, and records the decision. A plan that is refused or up to date is recorded, and its
    /// preview is the result.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="notices">Takes what is to be said besides the result.</param>
    /// <param name="cancellationToken">Cancels the work; the new tag is written last, or not at all.</param>
    /// <exception cref="PatchException">Writing failed, or what was read back is not what was written.</exception>
    public Task<BaseImageUpdate> ApplyAsync(UpdatePlan plan, IProgress<PatchNotice> notices, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();
}
