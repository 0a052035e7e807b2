using PatchContainers.History;
using PatchContainers.Stores;

namespace PatchContainers.Staleness;

/// <summary>Finds images that have fallen behind, and says for each how it knows.</summary>
public sealed class StaleImageFinder
{
    /// <summary>Makes a finder.</summary>
    /// <param name="store">Where images and their bases are.</param>
    /// <param name="clock">The time, for ages.</param>
    /// <param name="history">
    /// Where verdicts are recorded, and what a base's name meant is looked up; null for neither.
    /// </param>
    public StaleImageFinder(IImageStore store, TimeProvider clock, IHistoryStore? history = null) => _ = (store, clock, history);

    /// <summary>
    /// Looks at the images: one result each, in the order of the options (images, workloads, repositories). An image that cannot be read is a
    /// <see cref="PatchNotice.Failure"/>, and the rest goes on. Notices come from several threads.
    /// </summary>
    /// <param name="options">Which images, and what counts as stale.</param>
    /// <param name="notices">Takes what is to be said besides the results.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    public IAsyncEnumerable<StaleImage> FindAsync(
        StaleImageOptions options, IProgress<PatchNotice> notices, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();
}
