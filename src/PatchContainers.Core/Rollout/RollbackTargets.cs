using PatchContainers.Images;
using PatchContainers.Stores;

namespace PatchContainers.Rollout;

/// <summary>What a rollback writes.</summary>
/// <param name="Image">The image string.</param>
/// <param name="Detail">Why it is not the one that stood there, or may bring something else; empty where it is, and does not.</param>
internal sealed record RollbackTarget(string Image, string Detail);

/// <summary>
/// Says which image string brings back what ran before a change: the one that stood there, as long as it names what ran; else the same
/// name pinned to the digest that ran. Registries are asked when the rollback comes, since tags move.
/// </summary>
/// <param name="images">Where images are; null where nobody can be asked, and what stood there is put back.</param>
internal sealed class RollbackTargets(IImageStore? images)
{
    // A rollback does not wait for a registry that is down. It is the network's time, whatever clock soaks and windows go by.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Dictionary<string, RollbackTarget> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PatchException> _silent = new(StringComparer.Ordinal);

    /// <summary>Finds it. A registry that cannot be asked is no error: the digest that was pulled before is then the safe choice.</summary>
    /// <param name="change">The change.</param>
    /// <param name="ran">What ran before it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<RollbackTarget> FindAsync(
        RolloutChange change, IReadOnlyList<RanImage> ran, CancellationToken cancellationToken)
    {
        if (images is null || ran.Count == 0 || !ImageReference.TryParse(change.OldImage, out var old, out _) || !old.Digest.IsEmpty)
        {
            return new RollbackTarget(change.OldImage, string.Empty);
        }

        var key = $"{change.OldImage} {change.OldDigest} {string.Join(' ', ran)}";
        if (!_known.TryGetValue(key, out var target))
        {
            target = await AskAsync(images, change, old, ran, cancellationToken).ConfigureAwait(false);
            _known.Add(key, target);
        }

        return target;
    }

    private async Task<RollbackTarget> AskAsync(
        IImageStore store, RolloutChange change, ImageReference old, IReadOnlyList<RanImage> ran, CancellationToken cancellationToken)
    {
        // A resolver of its own: what this run has read before may be true no more.
        var resolver = new ImageResolver(store);
        var (named, fault) = await ReadAsync(resolver, old, cancellationToken).ConfigureAwait(false);
        if (named is not null && ran.Any(r => IsNamed(named, r)))
        {
            return new RollbackTarget(change.OldImage, string.Empty);
        }

        var why = named is not null ? $"{change.OldImage} names {named.Digest} now, and not what ran"
            : fault!.Code == PatchErrorCode.NotFound ? $"{change.OldImage} names nothing any more"
            : $"whether {change.OldImage} still names what ran is not known ({fault.Message.TrimEnd('.')})";
        var isSilent = fault is not null && fault.Code != PatchErrorCode.NotFound;
        foreach (var one in ran)
        {
            if (isSilent ? one.IsPulled : await HasAsync(resolver, old, one.Digest, cancellationToken).ConfigureAwait(false))
            {
                return Pinned(old, one.Digest, why);
            }
        }

        // What runs may be known by its configuration alone, and be what the update was made from.
        return !isSilent && Digest.TryParse(change.OldDigest, out var before)
            && (await ReadAsync(resolver, old.AtDigest(before), cancellationToken).ConfigureAwait(false)).Image is { } source
            && ran.Any(r => IsNamed(source, r))
                ? Pinned(old, change.OldDigest, why)
                : new RollbackTarget(change.OldImage, $"What ran ({string.Join(", ", ran.Select(r => r.Digest))}) cannot be pulled by its "
                    + $"digest, and {why}: the old name was written all the same. See what runs there now.");
    }

    private async Task<(ResolvedImage? Image, PatchException? Fault)> ReadAsync(
        ImageResolver resolver, ImageReference image, CancellationToken cancellationToken)
    {
        if (_silent.TryGetValue(image.Registry, out var known))
        {
            return (null, known);
        }

        using var patience = new CancellationTokenSource(Patience);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            return (await resolver.ResolveAsync(image, either.Token).ConfigureAwait(false), null);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            var fault = new PatchException(PatchErrorCode.Unreachable, image.Registry,
                $"{image.Registry} gave no answer within {Patience.TotalSeconds:0} seconds", e);
            return (null, _silent[image.Registry] = fault);
        }
        catch (PatchException e)
        {
            if (e.Code == PatchErrorCode.Unreachable)
            {
                _silent[image.Registry] = e;
            }

            return (null, e);
        }
    }

    private async Task<bool> HasAsync(ImageResolver resolver, ImageReference old, string digest, CancellationToken cancellationToken) =>
        Digest.TryParse(digest, out var ran)
            && (await ReadAsync(resolver, old.AtDigest(ran), cancellationToken).ConfigureAwait(false)).Image is not null;

    private static bool IsNamed(ResolvedImage image, RanImage ran) => Digest.TryParse(ran.Digest, out var digest) && image.IsNamedBy(digest);

    private static RollbackTarget Pinned(ImageReference old, string digest, string why) => new(
        $"{old.Name}{(old.Tag is { } tag ? ":" + tag : string.Empty)}@{digest}", $"It was pinned to the digest that ran, since {why}.");
}
