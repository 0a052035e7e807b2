using FsCheck;
using FsCheck.Fluent;
using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Stores;
using PatchContainers.TestKit.Images;
using PatchContainers.Updating.Rebase;
using Xunit;

namespace PatchContainers.Core.Tests.Updating.Rebase;

public sealed class RebaseProperties
{
    private static readonly string[] Names = ["a", "b", "a/x", "a/y", "b/x", "a/x/p", "a/x/q", "c"];

    private static readonly LayerEntryKind[] BaseKinds = [LayerEntryKind.File, LayerEntryKind.File, LayerEntryKind.Directory,
        LayerEntryKind.SymbolicLink];

    private static readonly LayerEntryKind[] AppKinds = [.. BaseKinds, LayerEntryKind.Whiteout, LayerEntryKind.OpaqueWhiteout];

    /// <summary>Old base, new base and application, each of two layers. The bases share most of what they have.</summary>
    private sealed record Case(NaiveChange[][] Old, NaiveChange[][] New, NaiveChange[][] App)
    {
        public override string ToString() => $"old {Text(Old)}; new {Text(New)}; application {Text(App)}";

        private static string Text(NaiveChange[][] layers) =>
            string.Join(" | ", layers.Select(l => string.Join(", ", l.Select(c => $"{c.Kind} {c.Path} {c.Value}"))));
    }

    [Fact]
    public void A_rebase_that_is_not_refused_is_the_new_base_with_the_application_over_it()
    {
        var planned = 0;
        var refused = 0;
        Prop.ForAll(Cases().ToArbitrary(), c =>
        {
            var result = Plan(c);
            if (result.Rejections.Count > 0)
            {
                refused++;
                return IsRightlyRefused(c);
            }

            planned++;
            return IsOverlay(c, result) && IsThreeWay(c);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

        // Both branches were worth their name.
        Assert.True(planned > 50 && refused > 50, $"{planned} planned, {refused} refused");
    }

    private static Gen<Case> Cases()
    {
        Gen<NaiveChange> Change(LayerEntryKind[] kinds) =>
            from name in Gen.Elements(Names) from kind in Gen.Elements(kinds) from value in Gen.Choose(0, 1) select new NaiveChange(name,
                kind, value);
        Gen<NaiveChange[]> Layer(LayerEntryKind[] kinds, int size) =>
            from count in Gen.Choose(0, size) from changes in Gen.ArrayOf(Change(kinds), count) select NaiveTree.Sane(changes);
        return from shared in Layer(BaseKinds, 6)
               from old in Layer(AppKinds, 2)
               from @new in Layer(AppKinds, 2)
               from first in Layer(AppKinds, 3)
               from second in Layer(AppKinds, 2)
               select new Case([shared, old], [shared, @new], [first, second]);
    }

    private static PlatformRebase Plan(Case c)
    {
        var oldBase = Build(new TestImageBuilder(), c.Old);
        var image = Platform(Build(new TestImageBuilder(oldBase), c.App));
        var newBase = Platform(Build(new TestImageBuilder(), c.New));
        return RebasePlanner.Plan(new RebaseInput
        {
            Source = "oci:app",
            Image = image,
            OldBase = Platform(oldBase),
            NewBase = newBase,
            OldLayers = Read(c.Old),
            NewLayers = Read(c.New),
            ApplicationLayers = Read(c.App),
            Refresh = new BaseRefresh(ImageReference.Parse("oci:base"), default, default, newBase.ManifestDescriptor.Digest),
        }, "oci:base");
    }

    private static TestImage Build(TestImageBuilder builder, NaiveChange[][] layers)
    {
        foreach (var layer in layers)
        {
            builder.Layer("RUN", w => NaiveTree.Write(w, layer));
        }

        return builder.Build();
    }

    private static PlatformImage Platform(TestImage image) => new(image.Manifest.Descriptor,
        ImageManifest.Parse(image.Manifest.Content, image.Manifest.MediaType, "test"), ImageConfig.Parse(image.Config.Content, "test"));

    private static LayerContent[] Read(NaiveChange[][] layers) =>
        layers.Select(layer => ConflictFinderTests.ReadAsync(w => NaiveTree.Write(w, layer)).GetAwaiter().GetResult()).ToArray();

    // The layers that the new manifest and config name, squashed, are what the model says of the new base and the application.
    private static bool IsOverlay(Case c, PlatformRebase result)
    {
        var contents = c.New.Concat(c.App).Select(l => Read([l])[0]).DistinctBy(l => l.DiffId).ToDictionary(l => l.DiffId);
        var config = ImageConfig.Parse(result.Config, "result");
        var manifest = ImageManifest.Parse(result.Manifest, string.Empty, "result");
        var real = new SquashedView(config.DiffIds.Select(d => contents[d]).ToArray()).EnumerateBelow(string.Empty).Select(e =>
            Line(e.Entry));
        var model = NaiveTree.Of(c.New.Concat(c.App)).Paths.Values.OrderBy(p => p.Path, StringComparer.Ordinal).Select(Line);
        return manifest.Layers.Count == config.DiffIds.Count && real.SequenceEqual(model);
    }

    // What the application did not change is the new base's; what it changed is as it was. Directories that it makes only by putting
    // something below them are in neither.
    private static bool IsThreeWay(Case c)
    {
        var written = c.App.SelectMany(l => l).Select(change => change.Path).ToHashSet();

        var (old, @new) = (NaiveTree.Of(c.Old).Paths, NaiveTree.Of(c.New).Paths);
        var (before, after) = (NaiveTree.Of(c.Old.Concat(c.App)).Paths, NaiveTree.Of(c.New.Concat(c.App)).Paths);
        return Names.Where(n => written.Contains(n) || !written.Any(w => w.StartsWith(n + "/", StringComparison.Ordinal))).All(name =>
            after.GetValueOrDefault(name) == (before.GetValueOrDefault(name) == old.GetValueOrDefault(name)
            ? @new.GetValueOrDefault(name)
            : before.GetValueOrDefault(name)));
    }

    private static bool IsRightlyRefused(Case c)
    {
        var (old, @new) = (NaiveTree.Of(c.Old).Paths, NaiveTree.Of(c.New).Paths);
        return @new.Values.Any(p => p.Kind == LayerEntryKind.SymbolicLink)
            || Names.Any(n => old.GetValueOrDefault(n) != @new.GetValueOrDefault(n));
    }

    private static string Line(LayerEntry e) =>
        $"{e.Path} {e.Kind} {e.ContentDigest}{e.LinkTarget} {(e.Kind == LayerEntryKind.Directory ? e.Mode : 0)}";

    private static string Line(NaiveChange c) => c.Kind switch
    {
        LayerEntryKind.File => $"{c.Path} {c.Kind} {Digest.OfBytes(System.Text.Encoding.UTF8.GetBytes($"{c.Value}"))} 0",
        LayerEntryKind.Directory => $"{c.Path} {c.Kind}  {0b111_101_000 + c.Value}",
        _ => $"{c.Path} {c.Kind} {c.Value} 0",
    };
}
