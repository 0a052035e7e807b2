using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests;

public sealed class DurableFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_is_written_and_replaced_and_nothing_else_is_left()
    {
        await DurableFile.WriteAsync(_folder["file"], "old"u8.ToArray(), Token);
        await DurableFile.WriteAsync(_folder["file"], "new"u8.ToArray(), Token);
        Assert.Equal("new", await File.ReadAllTextAsync(_folder["file"], Token));
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task A_reader_who_holds_the_old_file_goes_on_reading_it()
    {
        await DurableFile.WriteAsync(_folder["file"], "old"u8.ToArray(), Token);
        using var reader = new StreamReader(new FileStream(_folder["file"], FileMode.Open, FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete));
        await DurableFile.WriteAsync(_folder["file"], "new"u8.ToArray(), Token);
        Assert.Equal("old", await reader.ReadToEndAsync(Token));
    }

    [Fact]
    public async Task What_fails_leaves_everything_as_it_was()
    {
        Directory.CreateDirectory(_folder["folder", "inner"]);
        await Assert.ThrowsAnyAsync<IOException>(() => DurableFile.WriteAsync(_folder["folder"], "new"u8.ToArray(), Token));
        await Assert.ThrowsAnyAsync<IOException>(() => DurableFile.WriteAsync(_folder["none", "file"], "new"u8.ToArray(), Token));
        await DurableFile.WriteAsync(_folder["file"], "old"u8.ToArray(), Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            DurableFile.WriteAsync(_folder["file"], "new"u8.ToArray(), new CancellationToken(canceled: true)));
        Assert.Equal("old", await File.ReadAllTextAsync(_folder["file"], Token));
        Assert.Equal(["file", "folder"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_link_is_not_made_over_a_file_or_to_none()
    {
        await File.WriteAllTextAsync(_folder["a"], "a", Token);
        await File.WriteAllTextAsync(_folder["b"], "b", Token);
        Assert.False(DurableFile.TryHardLink(_folder["a"], _folder["b"]));
        Assert.False(DurableFile.TryHardLink(_folder["none"], _folder["c"]));
        Assert.True(DurableFile.TryHardLink(_folder["a"], _folder["d"]));
        Assert.Equal(("b", "a"), (await File.ReadAllTextAsync(_folder["b"], Token), await File.ReadAllTextAsync(_folder["d"], Token)));
    }
}
