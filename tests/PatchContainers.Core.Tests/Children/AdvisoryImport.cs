using System.Diagnostics;
using PatchContainers.Advisories;

namespace PatchContainers.Core.Tests.Children;

/// <summary>Imports advisories, and kills itself when it tells something for the n-th time.</summary>
internal static class AdvisoryImport
{
    public const string Name = "advisory-import";

    public static async Task<int> RunAsync(string state, string source, int killAt)
    {
        await new AdvisoryImporter(new PatchState(state)).ImportAsync(source, new AdvisoryImportOptions(), new Killer(killAt));
        return 0;
    }

    private sealed class Killer(int killAt) : IProgress<PatchNotice>
    {
        private int _count;

        public void Report(PatchNotice value)
        {
            if (++_count == killAt)
            {
                Process.GetCurrentProcess().Kill();
            }
        }
    }
}
