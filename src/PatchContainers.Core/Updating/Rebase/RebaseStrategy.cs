using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Packages;
using PatchContainers.Staleness;
using PatchContainers.Stores;

namespace PatchContainers.Updating.Rebase;

/// <summary>A rebase that was thought through: an image to write, or rejections.</summary>
internal sealed record RebaseProposal
{
    /// <summary>The image to write; null where it is refused.</summary>
    public RebaseImage? Image { get; init; }

    /// <summary>Why it is refused.</summary>
    public IReadOnlyList<UpdateRejection> Rejections { get; init; } = [];

    /// <summary>What a person should know.</summary>
    public IReadOnlyList<string> Reports { get; init; } = [];

    /// <summary>The new base's packages, by platform: what the new image will have.</summary>
    public IReadOnlyDictionary<string, ImagePackages> NewBases { get; init; } = new Dictionary<string, ImagePackages>();
}

/// <summary>Plans the rebase of a whole image: every platform, or none. Layers are read through the cache; nothing is written.</summary>
internal sealed class RebaseStrategy
{
    private readonly LayerSource _layers;

    public RebaseStrategy(LayerSource layers) => _layers = layers;

    /// <summary>Plans.</summary>
    /// <param name="image">The image.</param>
    /// <param name="bases">The base of each of its platforms, in their order; at least one has changed.</param>
    /// <param name="target">The new image's name.</param>
    /// <param name="cancellationToken">Cancels the reading of layers.</param>
    public async Task<RebaseProposal> PlanAsync(
        ResolvedImage image, IReadOnlyList<PlatformBase> bases, ImageReference target, CancellationToken cancellationToken)
    {
        var rejections = CheckBases(image, bases);
        if (rejections.Count > 0)
        {
            return new RebaseProposal { Rejections = rejections };
        }

        var reports = new List<string>();
        var platforms = new List<PlatformRebase>();
        foreach (var platform in bases)
        {
            var planned = await PlanAsync(image, platform, cancellationToken).ConfigureAwait(false);
            reports.AddRange(planned.Reports);
            rejections.AddRange(planned.Rejections);
            platforms.Add(planned);
        }

        return rejections.Count > 0
            ? new RebaseProposal { Rejections = rejections, Reports = reports }
            : Compose(image, bases, platforms, target, reports) with
            {
                NewBases = platforms.DistinctBy(p => p.Image.Platform.ToString())
                    .ToDictionary(p => p.Image.Platform.ToString(), p => p.NewBase),
            };
    }

    private static List<UpdateRejection> CheckBases(ResolvedImage image, IReadOnlyList<PlatformBase> bases)
    {
        var rejections = new List<UpdateRejection>();
        var first = bases.FirstOrDefault(b => b.Names.Count > 0)?.Names[0];
        foreach (var found in bases)
        {
            var platform = found.Image.Platform.ToString();
            var reason = found switch
            {
                { State: BaseState.Unknown } => $"The base of {image.Reference} is not known: {found.Detail}.",
                { State: BaseState.None } => $"{image.Reference} has no base to move: {found.Detail}.",
                { Names.Count: not 1 } => $"{image.Reference} may be built on any of {string.Join(", ", found.Names)}. Give the right "
                    + "one alone, as the base image NAME=OLDREF.",
                { RecordedImage: null } => $"The base that {image.Reference} was built on ({found.Names[0]}, {found.RecordedDigest}) "
                    + "can no longer be read, so what the application changed cannot be told from what the base had. Give a copy of it, "
                    + $"as the base image {found.Names[0]}=OLDREF.",
                _ when !found.Names[0].Equals(first) => $"The platforms of {image.Reference} are built on different bases ({first} and "
                    + $"{found.Names[0]}). {RebasePlanner.Advice(found.Names[0].ToString())}",
                _ => null,
            };
            if (reason is not null)
            {
                rejections.Add(RebasePlanner.Reject(platform, reason));
                continue;
            }

            rejections.AddRange(RebasePlanner.CheckStructure(found.Image, found.RecordedImage!, found.CurrentImage,
                found.Names[0].ToString()));
        }

        // Its images are among the platforms, but the new index would list them no more.
        var lost = image.Index?.Manifests.FirstOrDefault(m => MediaTypes.IsIndex(m.MediaType));
        if (lost is not null)
        {
            rejections.Add(RebasePlanner.Reject(string.Empty, $"{image.Reference} is an index that holds another index ({lost.Digest}), "
                + "and an image is rebased whole or not at all. Name the inner index by its digest."));
        }

        return rejections;
    }

    private async Task<PlatformRebase> PlanAsync(ResolvedImage image, PlatformBase platform, CancellationToken cancellationToken)
    {
        var mine = platform.Image;
        var count = platform.RecordedImage!.Config.DiffIds.Count;

        // The old base's layers are the image's own first ones: they are read from where the image is, and need not exist elsewhere.
        var layers = await _layers.ReadAllAsync(image.Reference, mine, ImagePackageReader.Selection,
            cancellationToken).ConfigureAwait(false);
        return RebasePlanner.Plan(new RebaseInput
        {
            Source = image.Reference.ToString(),
            Image = mine,
            OldBase = platform.RecordedImage!,
            NewBase = platform.CurrentImage!,
            OldLayers = layers.Take(count).ToArray(),
            NewLayers = await _layers.ReadAllAsync(platform.Current!.Reference, platform.CurrentImage!, ImagePackageReader.Selection,
                cancellationToken).ConfigureAwait(false),
            ApplicationLayers = layers.Skip(count).ToArray(),
            Refresh = Refresh(platform),
        }, platform.Names[0].ToString());
    }

    private static BaseRefresh Refresh(PlatformBase platform) =>
        new(platform.Names[0], platform.RecordedImage!.ManifestDescriptor.Digest,
            platform.CurrentImage!.ManifestDescriptor.Digest, platform.Current!.Digest);

    private static RebaseProposal Compose(
        ResolvedImage image, IReadOnlyList<PlatformBase> bases, List<PlatformRebase> platforms, ImageReference target, List<string> reports)
    {
        var current = bases[0].Current!;
        if (image.Index is not { } index)
        {
            return new RebaseProposal
            {
                Image = new RebaseImage(image.Reference, target, current.Reference, platforms, platforms[0].ManifestDescriptor!.MediaType,
                    platforms[0].Manifest, HasIndex: false),
                Reports = reports,
            };
        }

        var images = platforms.Select(p => p.Image.ManifestDescriptor.Digest).ToHashSet();
        reports.AddRange(index.Manifests.Where(m => !images.Contains(m.Digest))
            .Select(m => $"The index's entry {m.Digest} is attached to the old image ({Kind(m)}) and says nothing about the new one: "
                + "it was left out."));
        var document = RebaseDocuments.Index(index,
            platforms.DistinctBy(p => p.Image.ManifestDescriptor.Digest)
                .ToDictionary(p => p.Image.ManifestDescriptor.Digest, p => p.ManifestDescriptor!),
            bases.DistinctBy(b => b.Image.ManifestDescriptor.Digest).ToDictionary(b => b.Image.ManifestDescriptor.Digest, Refresh),
            new BaseRefresh(bases[0].Names[0], default, default, current.Digest), image.Reference.ToString());
        return new RebaseProposal
        {
            Image = new RebaseImage(image.Reference, target, current.Reference, platforms, index.MediaType, document, HasIndex: true),
            Reports = reports,
        };
    }

    private static string Kind(Descriptor entry) =>
        entry.Annotations.GetValueOrDefault("vnd.docker.reference.type") ?? entry.ArtifactType ?? entry.MediaType;
}
