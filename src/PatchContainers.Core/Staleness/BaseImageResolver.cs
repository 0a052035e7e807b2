using System.Collections.Concurrent;
using PatchContainers.Images;
using PatchContainers.Stores;

namespace PatchContainers.Staleness;

/// <summary>
/// Finds which base each platform of an image was built on, by the strongest evidence there is, and compares it with what the base's name
/// means now: an index with an index, a platform's manifest with that platform's manifest.
/// </summary>
internal sealed class BaseImageResolver
{
    private readonly ImageResolver _resolver;
    private readonly LayerPrefixMatcher _matcher;
    private readonly IReadOnlyList<KnownBase> _known;
    private readonly IProgress<PatchNotice> _notices;
    private readonly ConcurrentDictionary<ImageReference, bool> _warned = new();

    /// <summary>Creates the resolver of one run.</summary>
    public BaseImageResolver(ImageResolver resolver, KnownBaseCatalog catalog, IReadOnlyList<KnownBase> known,
        IProgress<PatchNotice> notices)
    {
        _resolver = resolver;
        _matcher = new LayerPrefixMatcher(resolver, catalog, notices);
        _known = known;
        _notices = notices;
    }

    /// <summary>The base of each platform, in the image's order.</summary>
    public async Task<IReadOnlyList<PlatformBase>> FindAsync(ResolvedImage image, CancellationToken cancellationToken)
    {
        var result = new List<PlatformBase>();
        foreach (var platform in image.Platforms)
        {
            result.Add(await FindAsync(platform, image.Index, cancellationToken).ConfigureAwait(false));
        }

        return result;
    }

    private async Task<PlatformBase> FindAsync(PlatformImage image, ImageIndex? index, CancellationToken cancellationToken)
    {
        var remarks = new List<string>();
        var named = new List<KnownBase>();
        foreach (var recorded in RecordedBase.Of(image, index))
        {
            var where = recorded.Method == BaseEvidence.Label ? "label" : "annotation";
            if (recorded.Name == RecordedBase.Scratch)
            {
                return new PlatformBase
                {
                    Image = image,
                    State = BaseState.None,
                    Method = recorded.Method,
                    Detail = $"its {where} says that it was built from scratch, so there is no base to compare; with a maximum "
                        + "age it would be judged by its age",
                };
            }

            if (recorded.Name.Length == 0)
            {
                remarks.Add($"its {where} gives its base's digest {recorded.Digest} without a name; the base image given as "
                    + $"NAME={recorded.Digest} would settle it");
                continue;
            }

            if (!ImageReference.TryParse(recorded.Name, out var name, out var fault))
            {
                remarks.Add($"its {where} names the base '{recorded.Name}', which is no image reference: {fault}");
                continue;
            }

            if (name.Tag is null && !name.Digest.IsEmpty)
            {
                remarks.Add($"its {where} names the base {name} by digest alone, which has no newer version; the base image "
                    + $"given as NAME={name} would settle it");
                continue;
            }

            var digest = Digest.TryParse(recorded.Digest, out var parsed) ? parsed : name.Digest;
            if (!digest.IsEmpty)
            {
                return await CompareAsync(image, name.WithoutDigest(), name.AtDigest(digest), recorded.Method, $"its {where} says so",
                    cancellationToken).ConfigureAwait(false);
            }

            remarks.Add($"its {where} names the base {name} without a digest; the base image given as {name}=OLDREF would settle it");
            named.Add(new KnownBase(name, []));
        }

        if (named.Count == 0 && FromHistory(image.Config) is { } from)
        {
            remarks.Add($"its history names the base {from} without a digest; the base image given as {from}=OLDREF would settle it");
            named.Add(new KnownBase(from, []));
        }

        return await FindByLayersAsync(image, named, remarks, cancellationToken).ConfigureAwait(false);
    }

    // buildah notes FROM in the comment of the line that came next; the last one is the image's own.
    private static ImageReference? FromHistory(ImageConfig config) =>
        config.History.Select(BaseNameOf).LastOrDefault(n => n?.Tag is not null);

    /// <summary>The base's name that buildah wrote into a line of the history; null where there is none.</summary>
    internal static ImageReference? BaseNameOf(ImageHistoryEntry line) =>
        line.Comment.StartsWith("FROM ", StringComparison.Ordinal)
            && ImageReference.TryParse(line.Comment[5..].Trim(), out var name, out _) ? name : null;

    private async Task<PlatformBase> FindByLayersAsync(PlatformImage image, List<KnownBase> named, List<string> remarks,
        CancellationToken cancellationToken)
    {
        var known = _known.Concat(named.Where(n => !_known.Any(k => k.Name.Equals(n.Name)))).ToArray();
        var matches = await _matcher.MatchAsync(image, known, cancellationToken).ConfigureAwait(false);
        if (matches.Count == 0)
        {
            if (remarks.Count == 0)
            {
                remarks.Add(known.Length == 0
                    ? "it names no base, and no base is known; the base image given as NAME would settle it"
                    : "it names no base, and its layers begin with none of the known bases' "
                        + $"({string.Join(", ", known.Select(k => k.Name))}); the base image given as NAME=OLDREF would settle it");
            }

            return new PlatformBase { Image = image, Detail = string.Join("; ", remarks) };
        }

        if (matches.FirstOrDefault(m => !m.IsVersion) is { } other)
        {
            return new PlatformBase
            {
                Image = image,
                Detail = $"its layers begin with those of {other.Root.Reference} ({other.Root.Digest}), whose tag is no version of "
                    + $"{other.Base.Name}; the base image given as {other.Root.Reference}, or as "
                    + $"{other.Base.Name}={other.Root.Digest}, would settle it",
            };
        }

        var compared = new List<PlatformBase>();
        foreach (var match in matches)
        {
            var because = $"its layers begin with that base's, found as {match.Where}";
            compared.Add(await CompareAsync(image, match.Base.Name.WithoutDigest(), match.Root.Reference.AtDigest(match.Root.Digest),
                BaseEvidence.LayerPrefix, because, cancellationToken).ConfigureAwait(false));
        }

        if (compared.Count == 1)
        {
            return compared[0];
        }

        var names = compared.SelectMany(c => c.Names).ToArray();
        return compared.All(c => c.State == compared[0].State)
            ? compared[0] with { Names = names, Detail = string.Join("; ", compared.Select(c => c.Detail)) }
            : new PlatformBase
            {
                Image = image,
                Names = names,
                Method = BaseEvidence.LayerPrefix,
                RecordedDigest = compared[0].RecordedDigest,
                Detail = "its layers begin with those of several bases that do not agree "
                    + $"({string.Join("; ", compared.Select(c => c.Detail))}); the right base image given alone would settle it",
            };
    }

    private async Task<PlatformBase> CompareAsync(
        PlatformImage image, ImageReference name, ImageReference recorded, BaseEvidence method, string because,
        CancellationToken cancellationToken)
    {
        var digest = recorded.Digest;
        var result = new PlatformBase
        {
            Image = image,
            Method = method,
            Names = [name],
            RecordedDigest = digest.ToString(),
            Detail = string.Empty,
        };
        ResolvedRoot current;
        PlatformImage? currentImage;
        try
        {
            current = await _resolver.ResolveRootAsync(name, cancellationToken).ConfigureAwait(false);
            currentImage = await _resolver.FindPlatformAsync(current, image.Platform, cancellationToken).ConfigureAwait(false);
        }
        catch (PatchException e)
        {
            if (_warned.TryAdd(name, true))
            {
                _notices.Report(new PatchNotice.Warning($"The base {name} could not be asked, so images built on it are "
                    + $"Unknown: {e.Message}"));
            }

            return result with
            {
                Detail = $"it was built on {name} ({digest}; {because}), but what that is now could not be asked: {e.Message}",
            };
        }

        result = result with { Current = current, CurrentImage = currentImage, CurrentDigest = current.Digest.ToString() };
        if (digest == current.Digest || current.Images.Any(i => i.Digest == digest) || digest == currentImage?.Manifest.Config.Digest)
        {
            return result with
            {
                State = BaseState.Current,
                CurrentDigest = digest.ToString(),
                RecordedImage = currentImage,
                Detail = $"it was built on {name} ({digest}; {because}), which is still that",
            };
        }

        var before = await TryReadAsync(recorded, cancellationToken).ConfigureAwait(false);
        var beforeImage = before is null
            ? await FindCopyAsync(image, name, method, cancellationToken).ConfigureAwait(false)
            : await TryFindPlatformAsync(before, image.Platform, cancellationToken).ConfigureAwait(false);
        if (before is not null && currentImage is not null
            && beforeImage?.ManifestDescriptor.Digest == currentImage.ManifestDescriptor.Digest)
        {
            return result with
            {
                State = BaseState.Current,
                RecordedImage = beforeImage,
                Detail = $"it was built on {name} ({digest}; {because}), which is {current.Digest} now; for {image.Platform} both "
                    + $"hold the manifest {currentImage.ManifestDescriptor.Digest}",
            };
        }

        var now = before is { Index: null } && current.Index is not null && currentImage is not null
            ? currentImage.ManifestDescriptor.Digest : current.Digest;
        return result with
        {
            State = BaseState.Changed,
            CurrentDigest = now.ToString(),
            RecordedImage = beforeImage,
            Detail = $"it was built on {name} ({digest}; {because}), which is {now} now"
                + (currentImage is null ? $" and has no image for {image.Platform} any more" : string.Empty)
                + (before is null ? "; the recorded base can no longer be read" : string.Empty),
        };
    }

    // A registry forgets what no tag names. A copy that the user names has the same layers, and that is what counts.
    private async Task<PlatformImage?> FindCopyAsync(PlatformImage image, ImageReference name, BaseEvidence method,
        CancellationToken cancellationToken)
    {
        var known = _known.Where(k => k.Name.WithoutDigest().Equals(name)).ToArray();
        if (method == BaseEvidence.LayerPrefix || known.Length == 0)
        {
            return null;
        }

        var matches = await _matcher.MatchAsync(image, known, cancellationToken).ConfigureAwait(false);
        return matches.Count == 1
            ? await TryFindPlatformAsync(matches[0].Root, image.Platform, cancellationToken).ConfigureAwait(false)
            : null;
    }

    private async Task<ResolvedRoot?> TryReadAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        try
        {
            return await _resolver.ResolveRootAsync(reference, cancellationToken).ConfigureAwait(false);
        }
        catch (PatchException e)
        {
            _notices.Report(new PatchNotice.Verbose($"The recorded base {reference} cannot be read, so its date is not "
                + $"known: {e.Message}"));
            return null;
        }
    }

    private async Task<PlatformImage?> TryFindPlatformAsync(ResolvedRoot root, Platform platform, CancellationToken cancellationToken)
    {
        try
        {
            return await _resolver.FindPlatformAsync(root, platform, cancellationToken).ConfigureAwait(false);
        }
        catch (PatchException e)
        {
            _notices.Report(new PatchNotice.Verbose($"The recorded base {root.Reference} cannot be read for {platform}: {e.Message}"));
            return null;
        }
    }
}
