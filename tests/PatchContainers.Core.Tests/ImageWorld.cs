using System.Collections.Concurrent;
using PatchContainers.Images;
using PatchContainers.Staleness;
using PatchContainers.Stores;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Images;
using Xunit;

namespace PatchContainers.Core.Tests;

/// <summary>A folder of layouts standing for <c>registry.example</c>, and what was said while it was used.</summary>
internal sealed class ImageWorld : IDisposable, IProgress<PatchNotice>
{
    public const string Base = "registry.example/debian:12";
    public const string App = "registry.example/shop/web:1.4";

    private readonly TemporaryFolder _folder = new();

    public ImageWorld() => Store = new ImageStoreRouter(new ImageStoreOptions
    {
        RegistryMap = new Dictionary<string, string> { ["registry.example"] = $"oci:{_folder.Path}" },
    });

    public ImageStoreRouter Store { get; }

    public string Folder => _folder.Path;

    public FakeClock Clock { get; } = new();

    public ConcurrentQueue<PatchNotice> Notices { get; } = new();

    public IEnumerable<PatchException> Failures => Notices.OfType<PatchNotice.Failure>().Select(f => f.Exception);

    public IEnumerable<string> Warnings => Notices.OfType<PatchNotice.Warning>().Select(f => f.Message);

    public void Report(PatchNotice value) => Notices.Enqueue(value);

    public void Dispose() => _folder.Dispose();

    public async Task<Digest> PushAsync(string reference, TestImage image) =>
        (await image.WriteAsync(Store, reference, TestContext.Current.CancellationToken)).Digest;

    public async Task<Digest> PushAsync(string reference, TestIndex index) =>
        (await index.WriteAsync(Store, reference, TestContext.Current.CancellationToken)).Digest;

    public async Task<List<StaleImage>> FindAsync(StaleImageOptions options)
    {
        var found = new List<StaleImage>();
        await foreach (var image in new StaleImageFinder(Store, Clock).FindAsync(options, this, TestContext.Current.CancellationToken))
        {
            found.Add(image);
        }

        return found;
    }

    public async Task<StaleImage> FindOneAsync(string image = App, params string[] baseImages) =>
        Assert.Single(await FindAsync(new StaleImageOptions
    {
        Images = [ImageReference.Parse(image)],
        BaseImages = [.. baseImages.Select(KnownBase.Parse)],
        IncludeFresh = true,
    }));

    /// <summary>A base: os-release, dpkg's database and a library of this content.</summary>
    public static TestImageBuilder BaseBuilder(string version, string platform = "linux/amd64", int day = 1) =>
        new TestImageBuilder(platform)
        .Created(new DateTimeOffset(2024, 1, day, 0, 0, 0, TimeSpan.Zero))
        .Layer("debootstrap", l =>
        {
            l.AddDirectory("etc");
            l.AddOsRelease();
            l.AddFile("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
            l.AddDirectory("usr");
            l.AddDirectory("usr/lib");
            l.AddFile("usr/lib/libssl.so.3", $"openssl {version} for {platform}");
            l.AddSymbolicLink("lib", "usr/lib");
            l.AddDpkg(("libssl3", version, "openssl"), ("base-files", "12.4", null));
        })
        .Env("PATH", "/usr/bin:/bin")
        .Cmd("bash");

    public static TestImage BaseImage(string version, string platform = "linux/amd64", int day = 1) =>
        BaseBuilder(version, platform, day).Build();

    /// <summary>An application on a base: one file, and nothing that says on which base.</summary>
    public static TestImageBuilder AppBuilder(TestImage baseImage) => new TestImageBuilder(baseImage)
        .Created(new DateTimeOffset(2024, 1, 10, 0, 0, 0, TimeSpan.Zero))
        .Layer("COPY app /srv/app", l => l.AddFile("srv/app", "the application"))
        .Cmd("/srv/app");
}
