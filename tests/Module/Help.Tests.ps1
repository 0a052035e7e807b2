BeforeDiscovery {
    $cmdlets = (Import-PowerShellDataFile "$PSScriptRoot/../../module/PatchContainers.psd1").CmdletsToExport | ForEach-Object { @{ Name = $_ } }
}

BeforeAll {
    Import-Module "$PSScriptRoot/TestSupport.psm1" -Force
    Import-Module (Get-ModuleManifest) -Force
}

Describe 'Help of <Name>' -ForEach $cmdlets {
    BeforeAll {
        $help = Get-Help $Name -Full
    }

    It 'has a synopsis, a description and links' {
        # Without a page, the synopsis is the syntax.
        $help.Synopsis | Should -Not -BeLike "*$Name*"
        $help.description.Text | Should -Not -BeNullOrEmpty
        $help.relatedLinks | Should -Not -BeNullOrEmpty
        $help.Category | Should -Be Cmdlet
    }

    It 'has an example with code, made of parameters that exist' {
        $help.examples.example | Should -Not -BeNullOrEmpty
        foreach ($example in $help.examples.example) {
            $errors = $null
            $ast = [System.Management.Automation.Language.Parser]::ParseInput($example.code, [ref] $null, [ref] $errors)
            $errors | Should -BeNullOrEmpty
            foreach ($command in $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)) {
                $found = Get-Command $command.GetCommandName()
                foreach ($parameter in $command.CommandElements | Where-Object { $_ -is [System.Management.Automation.Language.CommandParameterAst] }) {
                    $found.ResolveParameter($parameter.ParameterName) | Should -Not -BeNullOrEmpty
                }
            }
        }
    }

    It 'describes every parameter, and no other' {
        $common = [System.Management.Automation.Cmdlet]::CommonParameters
        $expected = (Get-Command $Name).Parameters.Keys | Where-Object { $_ -notin $common } | Sort-Object
        $help.parameters.parameter.name | Sort-Object | Should -Be $expected
        $help.parameters.parameter | ForEach-Object { $_.description.Text | Should -Not -BeNullOrEmpty }
    }

    It 'says the same of each parameter as the command does' {
        foreach ($parameter in $help.parameters.parameter) {
            $sets = (Get-Command $Name).Parameters[$parameter.name].ParameterSets.Values
            $parameter.pipelineInput -like 'True*' | Should -Be ([bool]($sets | Where-Object { $_.ValueFromPipeline -or $_.ValueFromPipelineByPropertyName }))
        }
    }

    It 'shows its examples in a shell, with a line between one and the next' {
        $text = Get-Help $Name -Examples | Out-String
        $text | Should -Match 'Example 1'
        $text | Should -Not -Match '\S *\r?\n *-------- Example'
    }

    It 'names only parameters that a command of the module has' {
        $known = (Get-Command -Module PatchContainers).Parameters.Keys + 'Full', 'Examples', 'Depth' | Sort-Object -Unique
        $prose = "$($help.description.Text) $($help.parameters.parameter.description.Text) $($help.alertSet.alert.Text)"
        $named = [regex]::Matches($prose, '(?<![\w-])-([A-Z][a-z][A-Za-z]+)') | ForEach-Object { $_.Groups[1].Value } | Sort-Object -Unique
        $named | Where-Object { $_ -notin $known } | Should -BeNullOrEmpty
    }
}

Describe 'About topics' {
    It 'has <_>' -ForEach 'about_PatchContainers', 'about_PatchContainers_Records' {
        Get-Help $_ | Out-String | Should -Match 'SHORT DESCRIPTION'
    }

    It 'shows <_> within 80 columns, its tables as columns' -ForEach 'about_PatchContainers', 'about_PatchContainers_Records' {
        $lines = Get-Content (Get-ChildItem (Split-Path (Get-ModuleManifest)) -Recurse -Filter "$_.help.txt").FullName
        $lines | Where-Object { $_ -match '^\s*\|' } | Should -BeNullOrEmpty
        # Code is kept as it is.
        $lines | Where-Object { $_.Length -gt 80 -and $_ -notlike '        *' -and $_.Trim() -match ' ' } | Should -BeNullOrEmpty
    }

    It 'lists every error id' {
        $text = Get-Help about_PatchContainers | Out-String
        foreach ($code in [Enum]::GetNames([PatchContainers.PatchErrorCode])) {
            $text | Should -Match "PatchContainers\.$code "
        }
    }
}
