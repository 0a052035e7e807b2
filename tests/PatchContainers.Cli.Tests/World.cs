using System.Security.Cryptography;

namespace PatchContainers.Cli.Tests;

/// <summary>
/// A workspace as the demo makes it: a registry in a folder, four images, manifests in two rings, and a state folder with advisories.
/// </summary>
internal sealed class World : IDisposable
{
    public const string Web = "registry.demo.example/shop/web:1.4";
    public const string Reports = "registry.demo.example/shop/reports:2.0";
    public const string Api = "registry.demo.example/shop/api:3.2";
    public const string Legacy = "registry.demo.example/shop/legacy:0.9";

    private readonly TemporaryFolder _folder = new();

    private World(WorldTemplate template) => template.CopyTo(Root);

    public string Root => _folder["demo"];

    public string State => _folder["demo", "state"];

    public string Deploy => _folder["demo", "deploy"];

    public string Data => _folder["demo", "data"];

    /// <summary>Runs command lines on this world's state.</summary>
    public CliRunner Cli => new() { StatePath = State };

    public CliRunner Terminal => new() { StatePath = State, IsTerminal = true };

    public static async Task<World> CreateAsync(bool withAdvisories = true)
    {
        var template = await TestContext.Current.GetFixture<WorldTemplate>();
        var world = new World(template ?? throw new InvalidOperationException("There is no template."));
        if (withAdvisories)
        {
            Assert.Equal(ExitCode.Done, (await world.ImportAsync("2023-12")).ExitCode);
        }

        return world;
    }

    public Task<CliResult> ImportAsync(string month) =>
        Cli.RunAsync("advisories", "update", "--path", Path.Combine(Data, "advisories", month));

    /// <summary>What <c>stale | update</c> writes about the files.</summary>
    public async Task<string> UpdatesAsync() =>
        (await Cli.PipeAsync((await Cli.RunAsync("stale", "--path", Deploy)).Output, "update")).Output;

    /// <summary>The hash of all names and bytes below a folder.</summary>
    public static string Hash(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(Path.GetRelativePath(folder, file) + "\n"));
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public void Dispose() => _folder.Dispose();
}
